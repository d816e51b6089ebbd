# Built from the repository's root, after ./mvnw -DskipTests package.
FROM eclipse-temurin:25-jre
RUN useradd --system --home-dir /var/lib/fleet --create-home fleet
COPY worker/target/comfyfleet-worker-*-exec.jar /opt/fleet/worker.jar
USER fleet
WORKDIR /var/lib/fleet
# exec form: the JVM is process 1 and receives SIGTERM itself.
ENTRYPOINT ["java", "-XX:MaxRAMPercentage=50", "-jar", "/opt/fleet/worker.jar"]
