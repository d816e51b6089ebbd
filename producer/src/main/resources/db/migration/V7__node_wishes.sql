-- What an operator wants of a node over its restarts. A null is no wish.
create table node_wish (
    node_id varchar(200) not null primary key,
    paused  boolean      not null,
    slots   integer,
    lanes   text                      -- JSON: lane to slots
);
