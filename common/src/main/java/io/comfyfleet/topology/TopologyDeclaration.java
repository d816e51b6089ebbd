package io.comfyfleet.topology;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.springframework.amqp.core.Binding;
import org.springframework.amqp.core.BindingBuilder;
import org.springframework.amqp.core.Declarable;
import org.springframework.amqp.core.Declarables;
import org.springframework.amqp.core.DirectExchange;
import org.springframework.amqp.core.ExchangeBuilder;
import org.springframework.amqp.core.FanoutExchange;
import org.springframework.amqp.core.Queue;
import org.springframework.amqp.core.QueueBuilder;
import org.springframework.amqp.core.TopicExchange;

/**
 * Kinds and arguments of everything on the broker. The producer declares what {@link #of} returns;
 * nobody else declares, or two versions of the arguments would meet in a 406.
 */
public final class TopologyDeclaration {
  /**
   * Deliveries that end in a lost connection before the broker dead-letters a job: a job that kills
   * every worker it meets must not wander for ever. Giving back (nack) is not counted from 4.3 on.
   */
  public static final int DELIVERY_LIMIT = 10;

  private static final int HIGHEST_CLASSIC_PRIORITY = 10;
  private static final int EVENTS_KEPT = 10_000;
  private static final Duration EVENT_AGE = Duration.ofDays(7);
  private static final int EVENT_DELIVERY_LIMIT = 5;

  private final BrokerProfile profile;
  private final List<Declarable> all = new ArrayList<>();

  private TopologyDeclaration(BrokerProfile profile) {
    this.profile = profile;
  }

  /**
   * Everything there is on the broker.
   *
   * @param profile which arguments the broker takes
   * @param lanes lanes to declare a queue for
   */
  public static Declarables of(BrokerProfile profile, Collection<String> lanes) {
    TopologyDeclaration declaration = new TopologyDeclaration(profile);
    declaration.dead();
    declaration.lanes(lanes);
    declaration.retries();
    declaration.fleetQueues();
    declaration.runs();
    declaration.all.add(
        ExchangeBuilder.topicExchange(Topology.EVENTS).durable(false).<TopicExchange>build());
    declaration.all.add(new TopicExchange(Topology.CONTROL));
    return new Declarables(declaration.all);
  }

  private void dead() {
    FanoutExchange exchange = new FanoutExchange(Topology.DEAD);
    // Looking at a letter must never use it up.
    Queue queue = unlimited(Topology.DEAD).build();
    add(exchange, queue, BindingBuilder.bind(queue).to(exchange));
    Queue notices = unlimited(Topology.DEAD_NOTICES).build();
    add(notices, BindingBuilder.bind(notices).to(exchange));
  }

  private void lanes(Collection<String> lanes) {
    DirectExchange jobs = new DirectExchange(Topology.JOBS);
    all.add(jobs);
    for (String lane : lanes) {
      Queue queue = safe(prioritised(Topology.laneQueue(lane)), DELIVERY_LIMIT).build();
      add(queue, BindingBuilder.bind(queue).to(jobs).with(lane));
    }
  }

  private void retries() {
    for (Duration delay : Topology.RETRY_DELAYS) {
      FanoutExchange exchange = new FanoutExchange(Topology.retry(delay));
      QueueBuilder queue =
          durable(Topology.retry(delay))
              .ttl(Math.toIntExact(delay.toMillis()))
              .deadLetterExchange(Topology.JOBS);
      if (profile == BrokerProfile.QUORUM) {
        atLeastOnce(queue);
      }
      Queue built = queue.build();
      add(exchange, built, BindingBuilder.bind(built).to(exchange));
    }
  }

  private void fleetQueues() {
    DirectExchange fleet = new DirectExchange(Topology.FLEET);
    all.add(fleet);
    Queue intake = safe(prioritised(Topology.INTAKE), DELIVERY_LIMIT).build();
    add(intake, BindingBuilder.bind(intake).to(fleet).with(Topology.INTAKE));
    for (String name : List.of(Topology.RESULTS, Topology.ELSEWHERE)) {
      Queue queue = unlimited(name).build();
      add(queue, BindingBuilder.bind(queue).to(fleet).with(name));
    }
  }

  private void runs() {
    TopicExchange runs = new TopicExchange(Topology.RUNS);
    all.add(runs);
    Queue completed = forReaders(Topology.RUNS_COMPLETED_QUEUE);
    add(completed, BindingBuilder.bind(completed).to(runs).with(Topology.RUN_COMPLETED));
    Queue dead = forReaders(Topology.DEAD_EVENTS_QUEUE);
    add(dead, BindingBuilder.bind(dead).to(runs).with(Topology.JOB_DEAD));
  }

  /** Bounded, so that an absent reader never fills the broker. */
  private Queue forReaders(String name) {
    QueueBuilder queue =
        durable(name)
            .maxLength((long) EVENTS_KEPT)
            .overflow(QueueBuilder.Overflow.dropHead)
            .ttl(Math.toIntExact(EVENT_AGE.toMillis()));
    if (profile == BrokerProfile.QUORUM) {
      queue.withArgument("x-delivery-limit", EVENT_DELIVERY_LIMIT);
      // A reader that fails gives back with nack, which counts against no limit: slow it down.
      queue.withArgument("x-delayed-retry-type", "all");
      queue.withArgument("x-delayed-retry-min", 1_000);
      queue.withArgument("x-delayed-retry-max", 60_000);
    }
    return queue.build();
  }

  /** What cannot be stored now must wait, however often it is tried. */
  private QueueBuilder unlimited(String name) {
    QueueBuilder queue = durable(name);
    return profile == BrokerProfile.QUORUM ? queue.withArgument("x-delivery-limit", -1) : queue;
  }

  private QueueBuilder durable(String name) {
    return profile == BrokerProfile.QUORUM ? quorum(name) : QueueBuilder.durable(name);
  }

  private QueueBuilder prioritised(String name) {
    return profile == BrokerProfile.QUORUM
        ? quorum(name)
        : QueueBuilder.durable(name).maxPriority(HIGHEST_CLASSIC_PRIORITY);
  }

  private QueueBuilder safe(QueueBuilder queue, int deliveryLimit) {
    queue.deadLetterExchange(Topology.DEAD);
    if (profile == BrokerProfile.QUORUM) {
      queue.deliveryLimit(deliveryLimit);
      atLeastOnce(queue);
    }
    return queue;
  }

  /** Without reject-publish the broker falls back to at-most-once dead-lettering in silence. */
  private static void atLeastOnce(QueueBuilder queue) {
    queue.overflow(QueueBuilder.Overflow.rejectPublish);
    queue.withArgument("x-dead-letter-strategy", "at-least-once");
  }

  private static QueueBuilder quorum(String name) {
    return QueueBuilder.durable(name).quorum();
  }

  private void add(Declarable... declarables) {
    all.addAll(List.of(declarables));
  }

  private void add(Queue queue, Binding binding) {
    all.add(queue);
    all.add(binding);
  }
}
