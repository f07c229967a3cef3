package dev.holdfast.api;

import dev.holdfast.control.usecase.Actor;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import jdk.net.ExtendedSocketOptions;
import jdk.net.UnixDomainPrincipal;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.UriCompliance;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.io.SelectableChannelEndPoint;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.unixdomain.server.UnixDomainServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/**
 * The administration socket: {@code admin.sock} in the data directory, where the appliance's commands on the same machine
 * reach it. HTTP over a Unix domain socket that only the file's owner may open; besides, the other side must be root or the
 * user that the appliance runs as, by what the kernel says of it. Such a caller owns the keys, and may do everything.
 */
public final class AdminSocket implements AutoCloseable {
    /** Below the data directory. */
    public static final String NAME = "admin.sock";

    private static final System.Logger LOG = System.getLogger(AdminSocket.class.getName());
    private static final String ROOT = ApiServer.ROOT;
    private static final int MOST_BODY_BYTES = 1 << 20;
    private static final int THREADS = 16;
    private static final long IDLE_MILLIS = 60_000;
    private static final String SUPERUSER = "root";

    private final Server server;
    private final Path file;

    /** Begins to listen. What a killed appliance left of the socket is replaced: the caller holds the directory's lock. */
    public AdminSocket(Path data, LocalApi api) throws IOException {
        file = data.resolve(NAME);
        Files.deleteIfExists(file);
        QueuedThreadPool threads = new QueuedThreadPool(THREADS, 1);
        threads.setName("admin-socket");
        threads.setDaemon(true);
        server = new Server(threads);
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setSendDateHeader(false);
        // Names with slashes reach the use case, which says what is wrong with them.
        http.setUriCompliance(UriCompliance.UNSAFE);
        UnixDomainServerConnector connector =
                new UnixDomainServerConnector(server, 1, 1, new HttpConnectionFactory(http));
        connector.setUnixDomainPath(file);
        connector.setIdleTimeout(IDLE_MILLIS);
        server.addConnector(connector);
        Calls calls = new Calls(api);
        server.setHandler(calls);
        try {
            server.start();
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
            calls.owner = Files.getOwner(file, LinkOption.NOFOLLOW_LINKS).getName();
        } catch (Exception e) {
            close();
            throw new IOException("the administration socket " + file + " cannot listen: " + e.getMessage(), e);
        }
    }

    /** Whether a path is short enough for a socket: the system allows about a hundred bytes. */
    public static boolean fits(Path data) {
        return data.resolve(NAME).toString().getBytes(StandardCharsets.UTF_8).length
                < UnixDomainServerConnector.MAX_UNIX_DOMAIN_PATH_LENGTH;
    }

    @Override
    public void close() throws IOException {
        try {
            server.stop();
        } catch (Exception e) {
            LOG.log(System.Logger.Level.WARNING, "the administration socket did not stop", e);
        }
        Files.deleteIfExists(file);
    }

    private static final class Calls extends Handler.Abstract {
        private final LocalApi api;
        /** Who may call besides root: until it is known, nobody. */
        private volatile String owner = SUPERUSER;

        private Calls(LocalApi api) {
            this.api = api;
        }

        @Override
        public boolean handle(Request request, Response response, Callback callback) throws Exception {
            LocalApi.Answer answer;
            LocalApi.Streaming streaming = new LocalApi.Streaming(() -> {
                response.setStatus(200);
                response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/octet-stream");
                return Content.Sink.asOutputStream(response);
            });
            if (!trusted(request)) {
                answer = new LocalApi.Answer(403, new byte[0]);
            } else {
                answer = answer(request, streaming);
            }
            if (streaming.opened()) {
                end(answer, response, callback);
                return true;
            }
            response.setStatus(answer.status());
            response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/json");
            response.getHeaders().put(HttpHeader.CONTENT_LENGTH, answer.body().length);
            response.write(true, ByteBuffer.wrap(answer.body()), callback);
            return true;
        }

        /** An answer that breaks off ends its connection, so that the caller sees it. */
        private static void end(LocalApi.Answer answer, Response response, Callback callback) {
            if (answer.status() == 204) {
                response.write(true, null, callback);
            } else {
                callback.failed(new IOException("an answer broke off"));
            }
        }

        private LocalApi.Answer answer(Request request, LocalApi.Streaming streaming) throws IOException {
            String target = request.getHttpURI().getPathQuery();
            if (!target.startsWith(ROOT + "/")) {
                return new LocalApi.Answer(404, new byte[0]);
            }
            byte[] body;
            try (InputStream in = Content.Source.asInputStream(request)) {
                body = in.readNBytes(MOST_BODY_BYTES + 1);
            }
            if (body.length > MOST_BODY_BYTES) {
                return new LocalApi.Answer(413, new byte[0]);
            }
            return api.call(Actor.ADMINISTRATOR, request.getMethod(), target.substring(ROOT.length()), body, streaming);
        }

        /** By the kernel's word, which no caller can forge. */
        private boolean trusted(Request request) throws IOException {
            if (request.getConnectionMetaData().getConnection().getEndPoint() instanceof SelectableChannelEndPoint end
                    && end.getChannel() instanceof SocketChannel channel) {
                UnixDomainPrincipal peer = channel.getOption(ExtendedSocketOptions.SO_PEERCRED);
                String user = peer.user().getName();
                return user.equals(SUPERUSER) || user.equals(owner);
            }
            return false;
        }
    }
}
