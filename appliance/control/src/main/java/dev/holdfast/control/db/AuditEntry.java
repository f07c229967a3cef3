package dev.holdfast.control.db;

import java.time.Instant;

/** An entry of the audit log as people read it: long texts are cut. */
public record AuditEntry(long id, Instant at, String actor, String action, String object, String outcome) {}
