# Built from the repository's root, after ./mvnw -DskipTests package.
FROM eclipse-temurin:25-jre
RUN apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*
RUN useradd --system --home-dir /var/lib/fleet --create-home fleet
COPY producer/target/comfyfleet-producer-*-exec.jar /opt/fleet/producer.jar
USER fleet
WORKDIR /var/lib/fleet
# exec form: the JVM is process 1 and receives SIGTERM itself.
ENTRYPOINT ["java", "-XX:MaxRAMPercentage=50", "-XX:+ExitOnOutOfMemoryError", "-jar", "/opt/fleet/producer.jar"]
