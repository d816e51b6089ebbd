-- A message that was published without a confirm: the broker may have it.
alter table outbox add column unsure boolean default false not null;
