-- What the dashboard asks for every second must be found without reading all jobs there ever were.
create index job_lane on job (status, lane, created_at);
create index job_ended on job (ended_at, status);
-- The list of runs may have made it before.
create index if not exists run_created on run (created_at);
