package dev.holdfast.server;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.db.AuditTable;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.protocol.text.ForeignText;
import java.io.IOException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Tells entries of the audit log as they are written: in a rescue, the log itself is not kept. Used by one thread at a time. */
final class AuditTail implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int AT_ONCE = 1000;

    private final ControlDb control;
    private final AuditSink sink;
    private long last;

    /** @param last number of the last entry that is not told */
    AuditTail(ControlDb control, long last, AuditSink sink) {
        this.control = control;
        this.last = last;
        this.sink = sink;
    }

    synchronized void look() throws IOException {
        control.auditLimiter().flush();
        List<AuditTable.Entry> entries;
        do {
            entries = control.audit().after(last, AT_ONCE);
            for (AuditTable.Entry each : entries) {
                Map<String, Object> line = new LinkedHashMap<>();
                line.put("at", Instant.ofEpochMilli(each.at()).toString());
                line.put("actor", each.actor());
                line.put("action", each.action());
                line.put("object", each.object());
                line.put("outcome", each.outcome());
                sink.tell(ForeignText.inJson(JSON.writeValueAsString(line)));
                last = each.id();
            }
        } while (entries.size() == AT_ONCE);
    }

    @Override
    public void close() throws IOException {
        look();
    }
}
