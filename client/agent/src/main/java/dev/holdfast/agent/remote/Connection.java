package dev.holdfast.agent.remote;

import dev.holdfast.agent.install.Installation;
import dev.holdfast.protocol.bytes.FormatException;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.wire.EncodedFrame;
import dev.holdfast.protocol.wire.ErrorCode;
import dev.holdfast.protocol.wire.Frames;
import dev.holdfast.protocol.wire.Message;
import dev.holdfast.protocol.wire.RecordStream;
import dev.holdfast.protocol.wire.RemoteException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLProtocolException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * One TLS connection to the appliance, with many requests under way. Requests wait for credit, so that neither side
 * buffers more than was agreed. Safe for use by several threads; the opener closes it.
 */
public final class Connection implements AutoCloseable {
    private static final Pattern REFUSED_CERTIFICATE =
            Pattern.compile("alert: (certificate_|bad_certificate|unsupported_certificate)");
    private static final int CONNECT_MILLIS = 10_000;
    private static final int SILENCE_MILLIS = 120_000;
    private static final int PING_MILLIS = 20_000;

    private final Endpoint endpoint;
    private final SSLSocket socket;
    private final OutputStream out;
    private final ReentrantLock writing = new ReentrantLock();
    private final Map<Integer, Handler> handlers = new ConcurrentHashMap<>();
    private final AtomicInteger nextRequest = new AtomicInteger(1);
    private final AtomicLong sentBytes = new AtomicLong();
    private final AtomicLong receivedBytes = new AtomicLong();
    private final Semaphore credit;
    private final int creditLimit;
    private final Message.Welcome welcome;
    private final Thread pinger;
    private volatile @Nullable IOException failure;

    /** Takes the answers to one request. Called on the connection's reading thread: must not block for long. */
    public interface Handler {
        /**
         * Takes an answer. Its chunks, if it has any, are in the frame's memory: to be released when they are used up.
         *
         * @return whether this was the last
         */
        boolean answer(Frames.Frame frame);

        void failed(IOException cause);
    }

    public Connection(Endpoint endpoint, SSLContext tls) throws IOException {
        this.endpoint = endpoint;
        Socket plain = new Socket();
        try {
            plain.connect(new InetSocketAddress(endpoint.host(), endpoint.port()), CONNECT_MILLIS);
            plain.setTcpNoDelay(true);
            plain.setSoTimeout(SILENCE_MILLIS);
            socket = (SSLSocket) tls.getSocketFactory().createSocket(plain, endpoint.host(), endpoint.port(), true);
            socket.setEnabledProtocols(new String[] {"TLSv1.3"});
            socket.startHandshake();
            out = new RecordStream(socket.getOutputStream());
            Frames.write(
                    out,
                    0,
                    new Message.Hello(
                            Frames.VERSION,
                            Frames.NEWEST_VERSION,
                            Installation.current().software()));
            Frames.Frame first = Frames.read(socket.getInputStream(), bytes -> {});
            if (first == null) {
                throw new EOFException("closed before the greeting");
            }
            welcome = switch (first.message()) {
                case Message.Welcome w -> w;
                case Message.Failure(ErrorCode code, String text) -> throw new RemoteException(code, text);
                default -> throw new IOException("unexpected answer " + first.message());
            };
        } catch (RemoteException e) {
            plain.close();
            throw e;
        } catch (UnknownHostException e) {
            plain.close();
            throw new ConnectionLostException(Phrase.of("client.host-unknown").with("host", endpoint.host()), e);
        } catch (SSLHandshakeException | SSLProtocolException e) {
            plain.close();
            if (e.getCause() instanceof EOFException) {
                throw new ConnectionLostException(
                        Phrase.of("client.accepts-none").with("appliance", endpoint.toString()), e);
            }
            throw new RemoteException(
                    ErrorCode.UNAUTHENTICATED, "no trust between this node and " + endpoint + ": " + reason(e));
        } catch (IOException e) {
            plain.close();
            if (e instanceof FormatException format && format.problem() == FormatException.Problem.TOO_NEW) {
                throw new RemoteException(
                        ErrorCode.VERSION,
                        "the appliance at " + endpoint + " is newer than this client: " + e.getMessage());
            }
            throw new ConnectionLostException(
                    Phrase.of("client.unreachable")
                            .with("appliance", endpoint.toString())
                            .with("reason", e),
                    e);
        }
        creditLimit = Math.max(1 << 20, welcome.creditBytes());
        credit = new Semaphore(creditLimit);
        Thread.ofPlatform().daemon().name("appliance-reader").start(this::readLoop);
        pinger = Thread.ofVirtual().name("appliance-ping").start(this::pingLoop);
    }

    /** The appliance refuses a certificate by an alert without words, which its own log has. */
    private static String reason(SSLException e) {
        String text = String.valueOf(e.getMessage());
        return REFUSED_CERTIFICATE.matcher(text).find()
                ? "the appliance refused this node's certificate (" + text
                        + "); its log says why. A certificate is refused"
                        + " as well where the clock of either machine is wrong: this one says "
                        + Instant.now().truncatedTo(ChronoUnit.SECONDS)
                : text;
    }

    public Message.Welcome welcome() {
        return welcome;
    }

    /** The chain that the appliance showed, its own certificate first. */
    List<X509Certificate> peerCertificates() throws SSLPeerUnverifiedException {
        return Arrays.stream(socket.getSession().getPeerCertificates())
                .map(X509Certificate.class::cast)
                .toList();
    }

    public long sentBytes() {
        return sentBytes.get();
    }

    public long receivedBytes() {
        return receivedBytes.get();
    }

    private void readLoop() {
        IOException cause;
        try {
            InputStream in = socket.getInputStream();
            while (true) {
                Frames.Frame frame = Frames.readInPlace(in, bytes -> {});
                if (frame == null) {
                    throw new EOFException("the appliance closed the connection");
                }
                receivedBytes.addAndGet(frame.bytes());
                dispatch(frame);
            }
        } catch (IOException e) {
            cause = e;
        } catch (RuntimeException | Error e) {
            cause = new IOException("reading answers failed: " + e, e);
        }
        fail(cause);
    }

    private void dispatch(Frames.Frame frame) {
        Handler handler = handlers.get(frame.request());
        if (handler == null) {
            return;
        }
        if (frame.message() instanceof Message.Failure(ErrorCode code, String text)) {
            handlers.remove(frame.request());
            handler.failed(new RemoteException(code, text));
        } else if (handler.answer(frame)) {
            handlers.remove(frame.request());
        }
    }

    private void fail(IOException cause) {
        Phrase why = Phrase.of("client.connection-lost")
                .with("appliance", endpoint.toString())
                .with("reason", cause);
        IOException lost = new ConnectionLostException(why, cause);
        failure = lost;
        for (Integer request : List.copyOf(handlers.keySet())) {
            Handler handler = handlers.remove(request);
            if (handler != null) {
                handler.failed(lost);
            }
        }
        // Whoever waits for credit wakes up and finds the failure.
        credit.release(creditLimit);
        pinger.interrupt();
        try {
            // A farewell would wait behind a write that is stuck.
            socket.setSoLinger(true, 0);
            socket.close();
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }

    private void pingLoop() {
        try {
            while (failure == null) {
                Thread.sleep(PING_MILLIS);
                request(new Message.Ping(), Message.Done.class);
            }
        } catch (InterruptedException | IOException e) {
            // The connection ended, or the reader will notice that it did.
        }
    }

    /** Sends a request; the handler gets the answers. Blocks while credit or the network is short. */
    public void send(Message request, Handler handler) throws IOException {
        int number = nextRequest.getAndIncrement();
        EncodedFrame frame = Frames.encode(number, request);
        int cost = Math.min(frame.bytes(), creditLimit);
        try {
            credit.acquire(cost);
        } catch (InterruptedException e) {
            throw new InterruptedIOException("interrupted");
        }
        Handler paying = new Handler() {
            @Override
            public boolean answer(Frames.Frame frame) {
                boolean last = handler.answer(frame);
                if (last) {
                    credit.release(cost);
                }
                return last;
            }

            @Override
            public void failed(IOException cause) {
                credit.release(cost);
                handler.failed(cause);
            }
        };
        handlers.put(number, paying);
        IOException before = failure;
        if (before != null) {
            if (handlers.remove(number) != null) {
                throw before;
            }
            return;
        }
        writing.lock();
        try {
            frame.writeTo(out);
            out.flush();
            sentBytes.addAndGet(frame.bytes());
        } catch (IOException e) {
            fail(e);
        } finally {
            writing.unlock();
        }
    }

    /** Sends a request that has one answer. */
    public CompletableFuture<Message> send(Message request) throws IOException {
        CompletableFuture<Message> answer = new CompletableFuture<>();
        send(request, new Handler() {
            @Override
            public boolean answer(Frames.Frame frame) {
                answer.complete(frame.message());
                return true;
            }

            @Override
            public void failed(IOException cause) {
                answer.completeExceptionally(cause);
            }
        });
        return answer;
    }

    /** Sends a request and waits for its answer, which must be of the type given. */
    public <T extends Message> T request(Message request, Class<T> type) throws IOException {
        return type.cast(await(send(request)));
    }

    /** Waits for a future, with its IOException as one. */
    public static <T> T await(CompletableFuture<T> future) throws IOException {
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw io(e.getCause() == null ? e : e.getCause());
        } catch (InterruptedException e) {
            throw new InterruptedIOException("interrupted");
        }
    }

    /** Unwraps what a future failed with. */
    public static IOException io(Throwable cause) {
        Throwable inner = cause instanceof CompletionException && cause.getCause() != null ? cause.getCause() : cause;
        return switch (inner) {
            // Kept as it is, so that its type still tells what to do.
            case RemoteException e -> e;
            case ConnectionLostException e -> e;
            case IOException e -> e;
            default -> new IOException(String.valueOf(inner.getMessage()), inner);
        };
    }

    @Override
    public void close() {
        fail(new IOException("closed by this side"));
    }
}
