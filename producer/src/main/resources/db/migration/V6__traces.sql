-- The trace in which a message was written, W3C traceparent; null outside any trace.
alter table outbox add column traceparent varchar(55);
