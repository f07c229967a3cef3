package dev.holdfast.control.db;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.holdfast.protocol.cli.TypedCommand;
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
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
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

    private final Connection connection;
    private final Reading reading;
    private final InstantSource clock;
    private final Path directory;
    private final AuditLimiter auditLimiter = new AuditLimiter(this, System::nanoTime);

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

    static @Nullable Long longOrNull(ResultSet row, int column) throws SQLException {
        long value = row.getLong(column);
        return row.wasNull() ? null : value;
    }

    static String hash(String secret) {
        try {
            MessageDigest sha = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(sha.digest(secret.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /** What SQLite finds wrong with the file; empty where it is whole. */
    public List<String> integrityFaults() throws IOException {
        return query(row -> row.getString(1), "PRAGMA integrity_check").stream()
                .filter(line -> !line.equals("ok"))
                .toList();
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

    public NodeTable nodes() {
        return new NodeTable(this);
    }

    public TokenTable tokens() {
        return new TokenTable(this);
    }

    public VaultTable vaults() {
        return new VaultTable(this);
    }

    public Settings settings() {
        return new Settings(this);
    }

    public StatusTable status() {
        return new StatusTable(this);
    }

    public AuditTable audit() {
        return new AuditTable(this);
    }

    /** For what others can cause as often as they like. Counted entries are written when it is flushed, or this is closed. */
    public AuditLimiter auditLimiter() {
        return auditLimiter;
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
