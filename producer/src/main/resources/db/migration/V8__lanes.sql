-- Lanes that were declared by the API. Those of the types and of the configuration are not here.
create table lane (
    name       varchar(64)              not null primary key,
    created_at timestamp with time zone not null
);
