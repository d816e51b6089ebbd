package io.comfyfleet.producer.artifact;

import java.text.Normalizer;

/** A stranger's file name, made harmless. */
final class Filename {
  private static final int LENGTH = 200;

  private Filename() {}

  /**
   * The last part of the name without what file systems, headers or terminals would act on; letters
   * of every language stay. Never empty.
   */
  static String safe(String name) {
    String last = name.substring(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
    String safe =
        Normalizer.normalize(last, Normalizer.Form.NFC)
            .replaceAll("[\\p{Cntrl}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}<>:\"|?*%;]", "_")
            .strip()
            .replaceFirst("^\\.+", "");
    if (safe.isEmpty()) {
      return "output";
    }
    return safe.codePointCount(0, safe.length()) <= LENGTH ? safe : shortened(safe);
  }

  private static String shortened(String name) {
    int dot = name.lastIndexOf('.');
    String ending = dot > 0 && name.length() - dot <= 12 ? name.substring(dot) : "";
    int keep = name.offsetByCodePoints(0, LENGTH - ending.length());
    return name.substring(0, keep) + ending;
  }
}
