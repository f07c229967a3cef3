package dev.holdfast.control.db;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.control.calendar.Moments;
import dev.holdfast.protocol.cli.TypedCommand;
import dev.holdfast.protocol.text.ForeignText;
import dev.holdfast.vault.sqlite.Schema;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/**
 * Nodes, tokens, tasks and the audit log, in SQLite. Several processes may use it at once, which is how the command line
 * works beside a running appliance. Safe for use by several threads.
 */
public final class ControlDb implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Schema SCHEMA = new Schema(ControlDb.class);
    private static final int BUSY_MILLIS = 10_000;
    private static final int MAX_PLATFORM_CHARS = 200;
    private static final int MOST_OPEN_TOKENS = 2000;
    private static final long KEPT_TOKEN_MILLIS = 86_400_000;

    private final Connection connection;
    private final Reading reading;
    private final InstantSource clock;
    private final Path directory;
    private final AuditLimiter auditLimiter = new AuditLimiter(this, System::nanoTime);

    /** A node of this appliance. */
    public record Node(
            int id,
            String name,
            String platform,
            String fingerprint,
            Instant enrolledAt,
            @Nullable Instant seenAt,
            @Nullable Instant revokedAt) {
        public boolean active() {
            return revokedAt == null;
        }
    }

    public record AuditEntry(long id, Instant at, String actor, String action, String object, String outcome) {}

    /** Opens the database, creating or migrating it. */
    public ControlDb(Path file) throws IOException {
        this(file, InstantSource.system());
    }

    /** As {@link #ControlDb(Path)}, for those who bring their own time. */
    public ControlDb(Path file, InstantSource clock) throws IOException {
        this.clock = clock;
        this.directory = Objects.requireNonNullElse(file.getParent(), Path.of("."));
        SQLiteConfig config = new SQLiteConfig();
        config.setJournalMode(SQLiteConfig.JournalMode.WAL);
        config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
        config.setBusyTimeout(BUSY_MILLIS);
        config.enforceForeignKeys(true);
        config.setTransactionMode(SQLiteConfig.TransactionMode.IMMEDIATE);
        SQLiteDataSource source = new SQLiteDataSource(config);
        source.setUrl("jdbc:sqlite:" + file);
        try {
            if (!Files.exists(file)) {
                Files.createFile(
                        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            }
            connection = source.getConnection();
        } catch (SQLException e) {
            throw unusable(file, e);
        }
        try {
            // What is deleted is gone from the file too: it is copied into vaults.
            try (Statement pragma = connection.createStatement()) {
                pragma.execute("PRAGMA secure_delete = ON");
            }
            SCHEMA.bringUpToDate("control database " + file, connection, source);
            reading = new Reading(file);
        } catch (IOException | SQLException | RuntimeException e) {
            try {
                connection.close();
            } catch (SQLException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw e instanceof IOException told ? told : unusable(file, e);
        }
    }

    private static IOException unusable(Path file, Exception cause) {
        return new IOException("control database " + file + " does not open: " + cause.getMessage(), cause);
    }

    /**
     * A command line for people to enter on the appliance.
     *
     * @param words behind {@code holdfast appliance}
     */
    public String command(String... words) {
        return TypedCommand.appliance(directory, words);
    }

    /** Ms since 1970. */
    long now() {
        return clock.millis();
    }

    /** Reads a row. */
    interface Reader<T> {
        T read(ResultSet row) throws SQLException;
    }

    synchronized int update(String sql, @Nullable Object... arguments) throws IOException {
        try (PreparedStatement statement = prepare(sql, arguments)) {
            return statement.executeUpdate();
        } catch (SQLException e) {
            throw new IOException("control database: " + e.getMessage(), e);
        }
    }

    synchronized <T> List<T> query(Reader<T> reader, String sql, @Nullable Object... arguments) throws IOException {
        try (PreparedStatement statement = prepare(sql, arguments);
                ResultSet rows = statement.executeQuery()) {
            List<T> found = new ArrayList<>();
            while (rows.next()) {
                found.add(reader.read(rows));
            }
            return found;
        } catch (SQLException e) {
            throw new IOException("control database: " + e.getMessage(), e);
        }
    }

    /**
     * As {@link #query}, beside it: nodes do not wait for it. It sees what was committed before, and must not be used within a
     * transaction.
     */
    <T> List<T> read(Reader<T> reader, String sql, @Nullable Object... arguments) throws IOException {
        return reading.query(reader, sql, arguments);
    }

    /** Names as the JSON that {@code json_each} takes; null for null. */
    static @Nullable String list(@Nullable List<String> names) throws IOException {
        return names == null ? null : JSON.writeValueAsString(names);
    }

    /** Several changes that are made together or not at all. */
    interface Changes {
        void run() throws IOException;
    }

    synchronized void inTransaction(Changes changes) throws IOException {
        try {
            connection.setAutoCommit(false);
            try {
                changes.run();
                connection.commit();
            } catch (IOException | SQLException | RuntimeException | Error e) {
                connection.rollback();
                throw e;
            } finally {
                connection.setAutoCommit(true);
            }
        } catch (SQLException e) {
            throw new IOException("control database: " + e.getMessage(), e);
        }
    }

    private PreparedStatement prepare(String sql, @Nullable Object... arguments) throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < arguments.length; i++) {
            statement.setObject(i + 1, arguments[i]);
        }
        return statement;
    }

    /** What SQLite finds wrong with the file; empty where it is whole. */
    public List<String> integrityFaults() throws IOException {
        return query(row -> row.getString(1), "PRAGMA integrity_check").stream()
                .filter(line -> !line.equals("ok"))
                .toList();
    }

    // ---- tokens and nodes

    /** Remembers a one-time token by its hash. */
    public void addToken(String secret, Duration validity, @Nullable Integer node) throws IOException {
        long now = now();
        update("DELETE FROM token WHERE used_at IS NULL AND expires_at < ?", now - KEPT_TOKEN_MILLIS);
        int open = query(row -> row.getInt(1), "SELECT count(*) FROM token WHERE used_at IS NULL")
                .getFirst();
        if (open >= MOST_OPEN_TOKENS) {
            throw new IllegalArgumentException(
                    MOST_OPEN_TOKENS + " enrolment tokens are unused, the most; use them, or wait until some expire");
        }
        update(
                "INSERT INTO token(hash, created_at, expires_at, node_id) VALUES (?, ?, ?, ?)",
                hash(secret),
                now,
                now + validity.toMillis(),
                node);
    }

    /** Whether there is such a token, used and expired ones included. Changes nothing, and waits for nobody who does. */
    public boolean knowsToken(String secret) throws IOException {
        return !query(row -> row.getInt(1), "SELECT 1 FROM token WHERE hash = ?", hash(secret))
                .isEmpty();
    }

    static String hash(String secret) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(sha.digest(secret.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** Why an enrolment was refused. */
    public static final class RefusedException extends IOException {
        private final boolean limit;

        RefusedException(String message, boolean limit) {
            super(message);
            this.limit = limit;
        }

        /** Whether the number of nodes is the reason, rather than the token. */
        public boolean limit() {
            return limit;
        }
    }

    /** Issues a certificate for a node once its row exists. */
    public interface Issuer {
        /** Returns the certificate's fingerprint. */
        String issue(int nodeId) throws IOException;
    }

    /** As {@link #enroll(String, String, String, String, int, Issuer)}, by a key that cannot repeat it. */
    public Node enroll(String secret, String name, String platform, int maxNodes, Issuer issuer) throws IOException {
        return enroll(secret, "", name, platform, maxNodes, issuer);
    }

    /**
     * Uses up a token and creates its node, or renews the node that the token names. All or nothing. The key that used the
     * token may do so again until it expires, for the same node: a client that could not store the answer repeats its request.
     *
     * @param key SHA-256 of the public key that is to be certified, in hexadecimal
     * @param name wanted; a number is added where another node has it
     */
    public synchronized Node enroll(
            String secret, String key, String name, String platform, int maxNodes, Issuer issuer) throws IOException {
        Node[] enrolled = new Node[1];
        inTransaction(() -> enrolled[0] = enrollInTransaction(secret, key, name, platform, maxNodes, issuer));
        return enrolled[0];
    }

    private Node enrollInTransaction(
            String secret, String key, String name, String platform, int maxNodes, Issuer issuer) throws IOException {
        record Token(
                long expires,
                @Nullable Integer node,
                @Nullable Long used,
                @Nullable Integer usedBy,
                @Nullable String key) {}
        long now = now();
        // Compared as hashes by the database: timing tells nothing about the secret.
        List<Token> tokens = query(
                row -> new Token(
                        row.getLong(1),
                        (Integer) row.getObject(2),
                        longOrNull(row, 3),
                        (Integer) row.getObject(4),
                        row.getString(5)),
                "SELECT expires_at, node_id, used_at, used_by, key FROM token WHERE hash = ?",
                hash(secret));
        if (tokens.isEmpty()) {
            throw new RefusedException("this token is not known to the appliance", false);
        }
        Token token = tokens.getFirst();
        if (token.expires <= now) {
            throw new RefusedException("this token has expired; create another", false);
        }
        Integer id = token.node;
        if (token.used != null) {
            // Not where the node was revoked or enrolled anew since.
            boolean repeated = !key.isEmpty()
                    && key.equals(token.key)
                    && node(Objects.requireNonNullElse(token.usedBy, -1))
                            .filter(used -> used.active() && used.enrolledAt().toEpochMilli() == token.used)
                            .isPresent();
            if (!repeated) {
                throw new RefusedException("this token was used already; create another", false);
            }
            id = token.usedBy;
        }
        if (id == null) {
            Names.requireForm("node", name);
            int active = query(row -> row.getInt(1), "SELECT count(*) FROM node WHERE revoked_at IS NULL")
                    .getFirst();
            if (active >= maxNodes) {
                throw new RefusedException(
                        "the appliance has its " + maxNodes
                                + " nodes, all this model may have; revoke one first: "
                                + command("node", "revoke", "NAME"),
                        true);
            }
            update(
                    "INSERT INTO node(name, platform, fingerprint, enrolled_at) VALUES (?, ?, '', ?)",
                    freeName(name),
                    shown(platform),
                    now);
            id = query(row -> row.getInt(1), "SELECT last_insert_rowid()").getFirst();
        }
        update(
                "UPDATE node SET fingerprint = ?, platform = ?, enrolled_at = ?, revoked_at = NULL WHERE id = ?",
                issuer.issue(id),
                shown(platform),
                now,
                id);
        update("UPDATE token SET used_at = ?, used_by = ?, key = ? WHERE hash = ?", now, id, key, hash(secret));
        holders().forget(id);
        return node(id).orElseThrow();
    }

    /** A description by the node itself: for people to read, and no longer than they read. */
    private static String shown(String platform) {
        String text = ForeignText.render(platform);
        return text.length() <= MAX_PLATFORM_CHARS ? text : text.substring(0, MAX_PLATFORM_CHARS) + "…";
    }

    private String freeName(String wanted) throws IOException {
        String name = wanted;
        for (int i = 2; nodeByName(name).isPresent(); i++) {
            name = wanted + "-" + i;
        }
        return name;
    }

    static @Nullable Long longOrNull(ResultSet row, int column) throws SQLException {
        long value = row.getLong(column);
        return row.wasNull() ? null : value;
    }

    private static Node readNode(ResultSet row) throws SQLException {
        return new Node(
                row.getInt(1),
                row.getString(2),
                row.getString(3),
                row.getString(4),
                Instant.ofEpochMilli(row.getLong(5)),
                Moments.ofMillis(longOrNull(row, 6)),
                Moments.ofMillis(longOrNull(row, 7)));
    }

    private static final String NODE =
            "SELECT id, name, platform, fingerprint, enrolled_at, seen_at, revoked_at FROM node";

    public List<Node> nodes() throws IOException {
        return query(ControlDb::readNode, NODE + " ORDER BY id");
    }

    public Optional<Node> node(int id) throws IOException {
        return query(ControlDb::readNode, NODE + " WHERE id = ?", id).stream().findFirst();
    }

    public Optional<Node> nodeByName(String name) throws IOException {
        return query(ControlDb::readNode, NODE + " WHERE name = ?", name).stream()
                .findFirst();
    }

    /** The node whose requests under this certificate are still to be answered. Waits for nobody who writes. */
    public Optional<Node> admitted(int id, String fingerprint) throws IOException {
        return read(
                        ControlDb::readNode,
                        NODE + " WHERE id = ? AND fingerprint = ? AND revoked_at IS NULL",
                        id,
                        fingerprint)
                .stream()
                .findFirst();
    }

    /** Whether requests under this certificate are still to be answered. Waits for nobody who writes. */
    public boolean admits(int id, String fingerprint) throws IOException {
        return admitted(id, fingerprint).isPresent();
    }

    public void seen(int id) throws IOException {
        update("UPDATE node SET seen_at = ? WHERE id = ?", now(), id);
    }

    /** Returns whether the node was there and active. */
    public boolean revoke(String name) throws IOException {
        return update("UPDATE node SET revoked_at = ? WHERE name = ? AND revoked_at IS NULL", now(), name) == 1;
    }

    // ---- vaults

    /** A vault as configured; {@code credentials} are sealed. */
    public record VaultRow(
            String name, String settings, byte @Nullable [] credentials, long addedAt, long requested, long evict) {}

    public void putVault(String name, String settings, byte @Nullable [] credentials) throws IOException {
        update(
                "INSERT INTO vault(name, settings, credentials, added_at) VALUES (?, ?, ?, ?) ON CONFLICT(name) DO UPDATE"
                        + " SET settings = excluded.settings, credentials = excluded.credentials",
                name,
                settings,
                credentials,
                now());
    }

    public List<VaultRow> vaults() throws IOException {
        return query(
                row -> new VaultRow(
                        row.getString(1),
                        row.getString(2),
                        row.getBytes(3),
                        row.getLong(4),
                        row.getLong(5),
                        row.getLong(6)),
                "SELECT name, settings, credentials, added_at, requested, evict FROM vault ORDER BY name");
    }

    public Optional<VaultRow> vault(String name) throws IOException {
        return vaults().stream().filter(each -> each.name().equals(name)).findFirst();
    }

    /** Returns whether it was there. */
    public boolean removeVault(String name) throws IOException {
        return update("DELETE FROM vault WHERE name = ?", name) == 1;
    }

    /** Asks the running appliance for an upload at once. */
    public void requestUpload(String name) throws IOException {
        update("UPDATE vault SET requested = ? WHERE name = ?", now(), name);
    }

    /** Asks the running appliance to free bytes on its volumes; 0 takes that back. */
    public void requestEviction(String name, long bytes) throws IOException {
        update("UPDATE vault SET evict = ? WHERE name = ?", bytes, name);
    }

    /** A consistent copy of the whole database, as a file that must not exist yet, or be empty. */
    public void copyTo(Path file) throws IOException {
        update("VACUUM INTO ?", file.toString());
    }

    /** Runs a change and tells the row that it made. */
    synchronized long insert(String sql, @Nullable Object... arguments) throws IOException {
        update(sql, arguments);
        return query(row -> row.getLong(1), "SELECT last_insert_rowid()").getFirst();
    }

    public TaskTable tasks() {
        return new TaskTable(this);
    }

    public PolicyTable policies() {
        return new PolicyTable(this);
    }

    public UserTable users() {
        return new UserTable(this);
    }

    public HistoryTable history() {
        return new HistoryTable(this);
    }

    public UsageTable usage() {
        return new UsageTable(this);
    }

    public DrillTable drills() {
        return new DrillTable(this);
    }

    public PlanTable plans() {
        return new PlanTable(this);
    }

    public SnapshotMarks marks() {
        return new SnapshotMarks(this);
    }

    public SuspensionTable suspensions() {
        return new SuspensionTable(this);
    }

    public HolderTable holders() {
        return new HolderTable(this);
    }

    public Events events() {
        return new Events(this);
    }

    public AlertGroups alertGroups() {
        return new AlertGroups(this);
    }

    public AlertChannels alertChannels() {
        return new AlertChannels(this);
    }

    /** Something that differs where what people decided does: nodes, policies, holds, locks. */
    public String decisions() throws IOException {
        List<String> lines = new ArrayList<>();
        for (String sql : List.of(
                "SELECT id || name || fingerprint || coalesce(revoked_at, 0) FROM node ORDER BY id",
                "SELECT name || settings FROM policy ORDER BY name",
                "SELECT node_id || policy FROM policy_node ORDER BY node_id",
                "SELECT name || settings || paused || paused_until FROM plan ORDER BY name",
                "SELECT node_id || plan FROM plan_node ORDER BY node_id, plan",
                "SELECT name || password || role || all_nodes || nodes || coalesce(hex(totp), '-') || disabled FROM user ORDER BY name",
                "SELECT id || user || permissions FROM api_token ORDER BY id",
                "SELECT id || coalesce(hold, '-') || locked_until || compliance FROM snapshot_mark ORDER BY id")) {
            lines.addAll(query(row -> row.getString(1), sql));
            lines.add("");
        }
        return hash(String.join("\n", lines));
    }

    /** A setting, or something that the appliance remembers. */
    public Optional<String> setting(String name) throws IOException {
        return query(row -> row.getString(1), "SELECT value FROM setting WHERE name = ?", name).stream()
                .findFirst();
    }

    public void setSetting(String name, String value) throws IOException {
        update(
                "INSERT INTO setting(name, value) VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value",
                name,
                value);
    }

    // ---- audit, status

    /** Appends to the audit log; the entry's hash covers the one before. Other processes append too. */
    public void audit(String actor, String action, String object, String outcome) throws IOException {
        auditTable().append(actor, action, object, outcome);
    }

    /** For what others can cause as often as they like. Counted entries are written when it is flushed, or this is closed. */
    public AuditLimiter auditLimiter() {
        return auditLimiter;
    }

    public AuditTable auditTable() {
        return new AuditTable(this);
    }

    /** The newest first. */
    public List<AuditEntry> auditLog(int limit) throws IOException {
        return auditLog(Long.MAX_VALUE, limit);
    }

    /** The newest first, only those with smaller numbers. */
    public List<AuditEntry> auditLog(long before, int limit) throws IOException {
        return read(
                row -> new AuditEntry(
                        row.getLong(1),
                        Instant.ofEpochMilli(row.getLong(2)),
                        row.getString(3),
                        row.getString(4),
                        row.getString(5),
                        row.getString(6)),
                "SELECT id, at, substr(actor, 1, 300), substr(action, 1, 500), substr(object, 1, 1000), substr(outcome, 1, 500)"
                        + " FROM audit WHERE id < ? ORDER BY id DESC LIMIT ?",
                before,
                limit);
    }

    public void setStatus(Map<String, String> values) throws IOException {
        for (Map.Entry<String, String> value : values.entrySet()) {
            update(
                    "INSERT INTO status(name, value) VALUES (?, ?) ON CONFLICT(name) DO UPDATE SET value = excluded.value",
                    value.getKey(),
                    value.getValue());
        }
    }

    /** Forgets all values whose names begin so. */
    public void clearStatus(String prefix) throws IOException {
        update("DELETE FROM status WHERE substr(name, 1, ?) = ?", prefix.length(), prefix);
    }

    public Map<String, String> status() throws IOException {
        Map<String, String> values = new LinkedHashMap<>();
        query(row -> Map.entry(row.getString(1), row.getString(2)), "SELECT name, value FROM status ORDER BY name")
                .forEach(entry -> values.put(entry.getKey(), entry.getValue()));
        return values;
    }

    @Override
    public void close() throws IOException {
        try {
            // Before this object's lock: the limiter's comes first.
            auditLimiter.close();
        } finally {
            closeConnections();
        }
    }

    private synchronized void closeConnections() throws IOException {
        try {
            reading.close();
            connection.close();
        } catch (SQLException e) {
            throw new IOException("control database: " + e.getMessage(), e);
        }
    }
}
