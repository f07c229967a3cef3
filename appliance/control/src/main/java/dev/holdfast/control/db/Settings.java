package dev.holdfast.control.db;

import java.io.IOException;
import java.util.Optional;

/** Settings, and what the appliance remembers between its starts, by name. Safe for use by several threads. */
public final class Settings {
    private final ControlDb db;

    Settings(ControlDb db) {
        this.db = db;
    }

    /** A setting, or something that the appliance remembers. */
    public Optional<String> get(String name) throws IOException {
        return db.first(row -> row.getString(1), "SELECT value FROM setting WHERE name = ?", name);
    }

    public void set(String name, String value) throws IOException {
        db.update(
                "INSERT INTO setting(name, value) VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value",
                name,
                value);
    }
}
