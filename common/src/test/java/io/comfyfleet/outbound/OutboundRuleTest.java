package io.comfyfleet.outbound;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OutboundRuleTest {
  @Test
  void onlyListedHostsAreAllowed() {
    OutboundRule rule = new OutboundRule(List.of("n8n.local", "127.0.0.1:5678", "*.example.com"));

    assertThat(rule.allows(URI.create("http://n8n.local:5678/x?signature=1"))).isTrue();
    assertThat(rule.allows(URI.create("http://127.0.0.1:5678/"))).isTrue();
    assertThat(rule.allows(URI.create("https://cdn.example.com/a.png"))).isTrue();
    assertThat(rule.allows(URI.create("http://127.0.0.1:15672/"))).isFalse();
    assertThat(rule.allows(URI.create("http://evilexample.com/"))).isFalse();
    assertThat(rule.allows(URI.create("file:///etc/passwd"))).isFalse();
    assertThat(rule.allows(URI.create("ftp://n8n.local/"))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://127.0.0.1/",
        "http://localhost/",
        "http://10.1.2.3/",
        "http://192.168.1.1/",
        "http://169.254.169.254/latest",
        "http://[::1]/",
        "http://[fd00::1]/",
        "http://0.0.0.0/",
        "http://0.1.2.3/",
        "http://100.64.0.1/",
        "http://100.127.255.254/",
        "http://192.0.0.8/",
        "http://198.18.0.1/",
        "http://198.19.255.1/",
        "http://240.0.0.1/",
        "http://255.255.255.255/",
        "http://[64:ff9b::a00:1]/",
        "http://[64:ff9b:1::1]/",
        "http://[::ffff:10.0.0.1]/",
        "http://[::10.0.0.1]/",
        "http://[2002:a00:1::]/"
      })
  void starMeansPublicAddressesOnly(String address) {
    assertThat(new OutboundRule(List.of("*")).allows(URI.create(address))).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "https://93.184.216.34/a.png", "http://100.63.0.1/", "http://100.128.0.1/",
        "http://198.17.0.1/", "http://198.20.0.1/", "http://223.255.255.1/",
        "http://[2606:2800:220:1::1]/"
      })
  void starAllowsAPublicAddress(String address) {
    assertThat(new OutboundRule(List.of("*")).allows(URI.create(address))).isTrue();
  }

  @Test
  void portThatCannotBeIsNotAllowed() {
    OutboundRule rule = new OutboundRule(List.of("n8n.local"));

    assertThat(rule.allows(URI.create("http://n8n.local:65536/"))).isFalse();
    assertThat(rule.allows(URI.create("http://n8n.local:0/"))).isFalse();
    assertThat(rule.allows(URI.create("http://n8n.local:65535/"))).isTrue();
  }

  @Test
  void refusalNamesHostAndList() {
    String refusal = new OutboundRule(List.of("a.example")).refusal(URI.create("http://b/x"));

    assertThat(refusal).contains("\"b\"").contains("a.example");
  }
}
