package dev.holdfast.control.db;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** What the running appliance tells other processes of itself, by name. Safe for use by several threads. */
public final class StatusTable {
    private final ControlDb db;

    StatusTable(ControlDb db) {
        this.db = db;
    }

    public void put(Map<String, String> values) throws IOException {
        for (Map.Entry<String, String> value : values.entrySet()) {
            db.update(
                    "INSERT INTO status(name, value) VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value",
                    value.getKey(),
                    value.getValue());
        }
    }

    /** Forgets all values whose names begin so. */
    public void clear(String prefix) throws IOException {
        db.update("DELETE FROM status WHERE substr(name, 1, ?) = ?", prefix.length(), prefix);
    }

    public Map<String, String> all() throws IOException {
        Map<String, String> values = new LinkedHashMap<>();
        db.query(row -> Map.entry(row.getString(1), row.getString(2)), "SELECT name, value FROM status ORDER BY name")
                .forEach(entry -> values.put(entry.getKey(), entry.getValue()));
        return values;
    }
}
