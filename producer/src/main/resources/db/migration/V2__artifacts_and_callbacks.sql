-- What is known about each file in the output store. The file itself is found by id and digest.
create table artifact (
    id           uuid                     not null primary key,
    job_id       uuid,
    filename     varchar(255)             not null,
    content_type varchar(255)             not null,
    size_bytes   bigint                   not null,
    sha256       varchar(64)              not null,
    stored_at    timestamp with time zone not null
);
create index artifact_job on artifact (job_id);

-- Answers on their way to an address that a sender named.
create table callback (
    id              uuid                     not null primary key,
    url             varchar(2000)            not null,
    idempotency_key varchar(200)             not null,
    body            text                     not null,
    status          varchar(16)              not null, -- pending, delivered, failed
    attempts        integer                  not null,
    refusals        integer                  not null, -- answers that a repeat hardly changes
    due_at          timestamp with time zone not null, -- next try; of an ended one: when it ended
    last_status     integer,
    reason          varchar(1000),
    created_at      timestamp with time zone not null
);
create index callback_due on callback (status, due_at);
