package io.comfyfleet.topology;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VirtualHostTest {
  @ParameterizedTest
  @CsvSource({"%2F,/", "/,/", "fleet,fleet", "a%20b+c,a b+c"})
  void virtualHostOfAnAddressIsDecoded(String given, String wanted) {
    assertThat(VirtualHost.decoded(given)).isEqualTo(wanted);
  }
}
