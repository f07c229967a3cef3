package dev.holdfast.control.db;

import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhraseJson;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Who is told of events. Safe for use by several threads. */
public final class AlertChannels {
    private final ControlDb db;

    AlertChannels(ControlDb db) {
        this.db = db;
    }

    /**
     * A channel.
     *
     * @param settings JSON
     * @param secret sealed, or null
     * @param delivered the last event that it was told, or that needed no telling
     * @param error why it could not be told of the next, empty where it was told of all
     * @param errorPhrase the same for other languages; null where it has no code
     */
    public record Row(
            String name,
            String settings,
            byte @Nullable [] secret,
            long delivered,
            String error,
            @Nullable Phrase errorPhrase) {}

    /** Replaces a channel's secret alone. */
    public void reseal(String name, byte[] secret) throws IOException {
        db.update("UPDATE alert_channel SET secret = ? WHERE name = ?", secret, name);
    }

    /** A new channel is told of what comes; one that is changed goes on where it stood. */
    public void put(String name, String settings, byte @Nullable [] secret) throws IOException {
        NameForm.CHANNEL.require(name);
        db.update(
                "INSERT INTO alert_channel(name, settings, secret, delivered) VALUES (?, ?, ?, (SELECT coalesce(max(id), 0)"
                        + " FROM event)) ON CONFLICT(name) DO UPDATE SET settings = excluded.settings, secret = excluded.secret,"
                        + " error = '', error_phrase = NULL",
                name,
                settings,
                secret);
    }

    public boolean remove(String name) throws IOException {
        return db.update("DELETE FROM alert_channel WHERE name = ?", name) == 1;
    }

    public List<Row> all() throws IOException {
        return db.query(
                row -> new Row(
                        row.getString(1),
                        row.getString(2),
                        row.getBytes(3),
                        row.getLong(4),
                        row.getString(5),
                        PhraseJson.read(row.getString(6)).orElse(null)),
                "SELECT name, settings, secret, delivered, error, error_phrase FROM alert_channel ORDER BY name");
    }

    public void delivered(String name, long event) throws IOException {
        db.update(
                "UPDATE alert_channel SET delivered = ?, error = '', error_phrase = NULL WHERE name = ?", event, name);
    }

    /** It was told of something after it could not be. */
    public void healthy(String name) throws IOException {
        db.update("UPDATE alert_channel SET error = '', error_phrase = NULL WHERE name = ?", name);
    }

    public void failed(String name, Phrase error) throws IOException {
        db.update(
                "UPDATE alert_channel SET error = ?, error_phrase = ? WHERE name = ?",
                error.english(),
                error.isPlain() ? null : PhraseJson.write(error),
                name);
    }
}
