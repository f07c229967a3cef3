-- Since when, ms since 1970, the object is in its class, by which the service reckons its least time there; null where that is not
-- known, nor is the class then.
ALTER TABLE container ADD COLUMN class_at INTEGER;
