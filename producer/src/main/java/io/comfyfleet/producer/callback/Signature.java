package io.comfyfleet.producer.callback;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Signs callbacks the way Standard Webhooks 1.0 describes (standardwebhooks.com). */
final class Signature {
  private static final String ALGORITHM = "HmacSHA256";
  private static final String PREFIX = "whsec_";

  private final SecretKeySpec key;

  /**
   * @param secret the key as text, or {@code whsec_} and the key in base64
   * @throws IllegalArgumentException when that is no base64, or empty
   */
  Signature(String secret) {
    try {
      byte[] bytes =
          secret.startsWith(PREFIX)
              ? Base64.getDecoder().decode(secret.substring(PREFIX.length()))
              : secret.getBytes(StandardCharsets.UTF_8);
      this.key = new SecretKeySpec(bytes, ALGORITHM);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "fleet.callback.secret must be a text, or whsec_ and a key in base64", e);
    }
  }

  /** Value of {@code webhook-signature}. */
  String of(String id, long epochSecond, byte[] body) {
    ByteArrayOutputStream signed = new ByteArrayOutputStream();
    signed.writeBytes((id + "." + epochSecond + ".").getBytes(StandardCharsets.UTF_8));
    signed.writeBytes(body);
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      return "v1," + Base64.getEncoder().encodeToString(mac.doFinal(signed.toByteArray()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("Every Java platform has " + ALGORITHM, e);
    }
  }
}
