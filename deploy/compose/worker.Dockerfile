# Built from the repository's root, after ./mvnw -DskipTests package.
FROM eclipse-temurin:25-jre
RUN useradd --system --home-dir /var/lib/fleet --create-home fleet
COPY worker/target/comfyfleet-worker-*-exec.jar /opt/fleet/worker.jar
COPY deploy/compose/worker-entrypoint.sh /opt/fleet/entrypoint
RUN mkdir -p /var/lib/fleet/locks && chown fleet /var/lib/fleet/locks
USER fleet
WORKDIR /var/lib/fleet
# exec form, and the script becomes the JVM: it is process 1 and receives SIGTERM itself.
ENTRYPOINT ["/opt/fleet/entrypoint", "java", "-XX:MaxRAMPercentage=50", "-XX:+ExitOnOutOfMemoryError", "-jar", "/opt/fleet/worker.jar"]
