-- Lists of runs and jobs begin with the newest.
create index run_created on run (created_at);
create index job_created on job (created_at);
