-- When a job was last sent again; null for one that was not. Its time is counted from then.
alter table job add column replayed_at timestamp with time zone;
