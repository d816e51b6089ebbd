-- Jobs that were sent again from the dead letters, and runs that ended anew because of it.
alter table job add column replays integer default 0 not null;
alter table run add column revision integer default 1 not null;

-- Letters that were replayed; kept until they have been missing from the queue for an hour.
create table replayed_letter (
    letter_id   varchar(64)              not null primary key,
    replayed_at timestamp with time zone not null
);
