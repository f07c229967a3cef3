package dev.holdfast.server;

import java.io.IOException;

/** Takes entries of the audit log as they are written. */
@FunctionalInterface
public interface AuditSink {
    /** @param line of JSON, without its end */
    void tell(String line) throws IOException;
}
