package io.comfyfleet.producer.broker;

import static org.assertj.core.api.Assertions.assertThat;

import com.rabbitmq.client.ConnectionFactory;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VirtualHostTest {
  @ParameterizedTest
  @CsvSource({"%2F,/", "/,/", "fleet,fleet", "a%20b+c,a b+c"})
  void virtualHostOfAnAddressIsDecoded(String given, String wanted) {
    ConnectionFactory factory = new ConnectionFactory();
    factory.setVirtualHost(given);

    new BrokerConfiguration().decodeVirtualHost().customize(factory);

    assertThat(factory.getVirtualHost()).isEqualTo(wanted);
  }
}
