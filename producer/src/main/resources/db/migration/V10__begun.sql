-- When a node first told that it has the job in hand; kept for jobs that may expire only.
alter table job add column begun_at timestamp with time zone;
