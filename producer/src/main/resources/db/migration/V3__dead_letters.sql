-- Jobs that were sent again from the dead letters, and runs that ended anew because of it.
alter table job add column replays integer default 0 not null;
alter table run add column revision integer default 1 not null;

-- Letters that were replayed and whose end in the queue is not known yet; empty most of the time.
create table replayed_letter (
    letter_id   varchar(64)              not null primary key,
    replayed_at timestamp with time zone not null
);
