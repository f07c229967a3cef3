package dev.holdfast.vault.oss;

import com.aliyun.sdk.service.oss2.exceptions.ServiceException;
import dev.holdfast.vault.object.ObjectStoreException;
import dev.holdfast.vault.object.ObjectStoreException.Kind;
import dev.holdfast.vault.object.StalledException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.apache.hc.client5.http.ClientProtocolException;
import org.apache.hc.core5.http.ConnectionClosedException;
import org.apache.hc.core5.http.HttpException;
import org.apache.hc.core5.http.MalformedChunkCodingException;
import org.apache.hc.core5.http.NoHttpResponseException;
import org.apache.hc.core5.http.TruncatedChunkException;
import org.jspecify.annotations.Nullable;

/**
 * Says what went wrong at OSS in the words of this product: the vault, the operation, the object, the cause and what to
 * do next. Neither the words of libraries nor pages of gateways get through; they stay in the cause, for the log.
 */
final class OssFailures {
    private static final Pattern CODE = Pattern.compile("[A-Za-z][A-Za-z0-9.]{0,63}");
    private static final Pattern REQUEST = Pattern.compile("[A-Za-z0-9-]{1,64}");
    private static final int MOST_FOREIGN_CHARACTERS = 160;
    private static final String NETWORK =
            "check this machine's network and firewall, and the endpoint that the vault is set to";

    private final OssLocation location;

    OssFailures(OssLocation location) {
        this.location = location;
    }

    /** What was to be sent could not be read: not the network's fault, and not the service's. */
    static final class BodyException extends IOException {
        private final IOException failure;

        BodyException(IOException failure) {
            super(failure);
            this.failure = failure;
        }
    }

    /** The metadata service gave no keys. The message says so. */
    static final class NoKeysException extends RuntimeException {
        NoKeysException(String message, Throwable cause) {
            super(message, cause);
        }
    }

    /** An answer that does not come from the service. */
    static final class GatewayException extends IOException {
        private final int status;

        GatewayException(int status) {
            super("status " + status);
            this.status = status;
        }
    }

    private record Told(Kind kind, String cause, String next) {}

    /** @param operation with its object, as in "storing c/00" */
    IOException translated(String operation, Exception e) {
        List<Throwable> chain = new ArrayList<>();
        for (Throwable cause = e; cause != null && chain.size() < 32; cause = cause.getCause()) {
            chain.add(cause);
        }
        for (Throwable each : chain) {
            switch (each) {
                case BodyException body -> {
                    return body.failure;
                }
                case ObjectStoreException own -> {
                    return own;
                }
                default -> {}
            }
        }
        if (Thread.currentThread().isInterrupted()) {
            InterruptedIOException interrupted = new InterruptedIOException("interrupted");
            interrupted.initCause(e);
            return interrupted;
        }
        ServiceException spoken = ServiceException.asCause(e);
        Told told = spoken == null ? told(chain) : told(spoken);
        return exception(operation, told.kind, told.cause, told.next, e);
    }

    ObjectStoreException exception(
            String operation, Kind kind, String cause, String next, @Nullable Throwable throwable) {
        return new ObjectStoreException(
                kind, location.url() + ": " + operation + " failed: " + cause + "; " + next, throwable);
    }

    // ---- where the way to the service failed

    private Told told(List<Throwable> chain) {
        for (Throwable each : chain) {
            Told told = told(each, chain);
            if (told != null) {
                return told;
            }
        }
        for (Throwable each : chain) {
            if (each instanceof IOException && !each.getClass().getName().startsWith("com.fasterxml")) {
                return new Told(
                        Kind.TRANSIENT,
                        "the transfer was cut off (" + each.getClass().getSimpleName() + ")",
                        NETWORK);
            }
        }
        return new Told(
                Kind.CORRUPT,
                peer() + " returned an answer that is not from OSS",
                "check the endpoint, and whether a proxy or a sign-in page answers instead");
    }

    private @Nullable Told told(Throwable e, List<Throwable> chain) {
        return switch (e) {
            case GatewayException gateway -> gateway(gateway.status);
            case NoKeysException keys ->
                new Told(Kind.DENIED, String.valueOf(keys.getMessage()), "attach the RAM role");
            case StalledException stalled ->
                new Told(Kind.TRANSIENT, String.valueOf(stalled.getMessage()), "check the line to " + peer());
            case Names.LateException late ->
                new Told(
                        Kind.TRANSIENT,
                        "the name of " + peer() + " could not be looked up: " + late.getMessage(),
                        "check this machine's name servers");
            case UnknownHostException unknown -> unknown(unknown);
            case ConnectException refused ->
                words(refused).contains("refused")
                        ? new Told(Kind.TRANSIENT, peer() + " refused the connection", NETWORK)
                        : new Told(Kind.TRANSIENT, peer() + " cannot be reached", NETWORK);
            case NoRouteToHostException _ -> new Told(Kind.TRANSIENT, "there is no route to " + peer(), NETWORK);
            case SocketTimeoutException _ ->
                new Told(Kind.TRANSIENT, peer() + " did not accept the connection in time", NETWORK);
            case SSLException tls -> tls(tls, chain);
            case ConnectionClosedException _, NoHttpResponseException _, TruncatedChunkException _, EOFException _ ->
                new Told(Kind.TRANSIENT, "the connection ended in the middle of an answer", NETWORK);
            case MalformedChunkCodingException _, ClientProtocolException _, HttpException _ ->
                new Told(
                        Kind.REFUSED,
                        peer() + " does not answer in HTTP",
                        "check the endpoint, its port, and whether it is http or https");
            case SocketException _ -> new Told(Kind.TRANSIENT, "the connection was cut off", NETWORK);
            default -> null;
        };
    }

    private static String words(Throwable e) {
        return String.valueOf(e.getMessage()).toLowerCase(Locale.ROOT);
    }

    private Told unknown(UnknownHostException e) {
        String said = words(e);
        String name = location.proxy() == null ? "the name of " + peer() : "the name of the proxy " + location.proxy();
        return said.contains("not known") || said.contains("nodename") || said.contains("no address")
                ? new Told(
                        Kind.REFUSED,
                        name + " is unknown to this machine's name servers",
                        location.endpoint() == null
                                ? "check the region, the bucket's name and the name servers"
                                : "check the endpoint, the bucket's name and the name servers")
                : new Told(
                        Kind.TRANSIENT,
                        name + " could not be looked up",
                        "check this machine's network and name servers");
    }

    private Told tls(SSLException e, List<Throwable> chain) {
        for (Throwable each : chain) {
            if (each instanceof CertificateExpiredException || each instanceof CertificateNotYetValidException) {
                return new Told(
                        Kind.REFUSED,
                        "the certificate of " + peer() + " is not valid at " + Instant.now(),
                        "check this machine's clock first, then the certificate");
            }
        }
        boolean certificate = e instanceof SSLPeerUnverifiedException
                || chain.stream().anyMatch(each -> each instanceof CertificateException)
                || words(e).contains("certif");
        if (certificate) {
            return new Told(
                    Kind.REFUSED,
                    "the certificate of " + peer()
                            + " is for another name, or from an authority that is not trusted here",
                    "check the endpoint, and whether a proxy intercepts TLS");
        }
        return words(e).contains("ssl message") || words(e).contains("plaintext")
                ? new Told(
                        Kind.REFUSED,
                        peer() + " does not support TLS",
                        "set the endpoint with http://, or use another port")
                : new Told(Kind.TRANSIENT, "no TLS connection to " + peer() + " could be established", NETWORK);
    }

    private static Told proxyWantsPassword() {
        return new Told(
                Kind.REFUSED,
                "the proxy requires a user name and a password (status 407)",
                "exempt this machine from authentication, or set another proxy with vault set --proxy");
    }

    private String peer() {
        if (location.proxy() != null) {
            return "the proxy " + location.proxy();
        }
        String endpoint = location.endpoint();
        return endpoint != null
                ? endpoint
                : switch (location.network()) {
                    case PUBLIC -> "oss-" + location.region() + ".aliyuncs.com";
                    case INTERNAL -> "oss-" + location.region() + "-internal.aliyuncs.com";
                    case ACCELERATE -> "oss-accelerate.aliyuncs.com";
                };
    }

    // ---- where the service spoke

    private Told told(ServiceException e) {
        int status = e.statusCode();
        String code = e.errorCode() != null && CODE.matcher(e.errorCode()).matches() ? e.errorCode() : "";
        Map<String, String> headers = e.headers() == null ? Map.of() : e.headers();
        boolean silent = code.isEmpty() || code.equals("BadErrorResponse");
        boolean page = String.valueOf(headers.get("Content-Type")).contains("html");
        if (page || silent && !isOss(e, headers)) {
            return gateway(status);
        }
        String id =
                e.requestId() != null && REQUEST.matcher(e.requestId()).matches() ? ", request " + e.requestId() : "";
        String spoken = " (" + status + (silent ? "" : " " + code) + id + ")";
        String said = String.valueOf(e.errorMessage());
        Map<String, String> fields = e.errorFields() == null ? Map.of() : e.errorFields();
        if (said.contains("must be addressed using the specified endpoint")
                || said.contains("signing region")
                || code.equals("InvalidRegion")
                || code.equals("AuthorizationHeaderMalformed")) {
            String right = fields.get("Endpoint");
            return new Told(
                    Kind.REFUSED,
                    "the bucket " + location.bucket() + " is not in region " + location.region()
                            + (right == null ? "" : " but at " + foreign(right)) + spoken,
                    "check the bucket's region and set it again (--region)");
        }
        Told known = known(code, spoken);
        return known != null ? known : other(kind(status, code), status, spoken, silent ? "" : foreign(said));
    }

    /** What a code of the service means, and what to do; null for one that has no words of its own. */
    private @Nullable Told known(String code, String spoken) {
        return switch (code) {
            case "NoSuchKey" -> new Told(Kind.NOT_FOUND, "there is no such object" + spoken, "run vault check");
            case "NoSuchUpload" ->
                new Told(
                        Kind.NOT_FOUND,
                        "the multipart upload does not exist" + spoken,
                        "the next upload starts it again");
            case "NoSuchBucket" ->
                new Told(
                        Kind.REFUSED,
                        "there is no bucket " + location.bucket() + " at " + peer() + spoken,
                        "create the bucket first, or check its name and region");
            case "FileAlreadyExists" ->
                new Told(Kind.EXISTS, "an object of this name already exists" + spoken, "run vault check");
            case "InvalidObjectState" ->
                new Told(
                        Kind.FROZEN,
                        "the object is in an archive class and must be thawed first" + spoken,
                        "run vault thaw");
            case "InvalidAccessKeyId" ->
                new Told(
                        Kind.DENIED,
                        "the access key does not exist or is disabled" + spoken,
                        "check the access key and give it again (--credentials-file)");
            case "SignatureDoesNotMatch" ->
                new Told(
                        Kind.DENIED,
                        "the secret does not match the access key" + spoken,
                        "check the access key's secret and give both again (--credentials-file)");
            case "InvalidSecurityToken", "SecurityTokenExpired", "SecurityTokenNotSupported" ->
                new Told(
                        Kind.DENIED,
                        "the security token is invalid or has expired" + spoken,
                        "obtain new temporary keys");
            case "AccessDenied", "NoPermission" ->
                new Told(
                        Kind.DENIED,
                        "the access key lacks the permission" + spoken,
                        "the key's RAM policy must allow this bucket and prefix");
            case "UserDisable" ->
                new Told(Kind.DENIED, "the account is disabled" + spoken, "check whether its bills are paid");
            case "RequestTimeTooSkewed" ->
                new Told(
                        Kind.DENIED,
                        "this machine's clock says " + Instant.now() + ", more than 15 minutes off" + spoken,
                        "set this machine's clock");
            case "FileImmutable", "ObjectImmutable" ->
                new Told(
                        Kind.REFUSED,
                        "the bucket's retention policy protects the object from changes" + spoken,
                        "wait until it ends");
            default -> null;
        };
    }

    /** An answer to HEAD has no body to tell it by. */
    private static boolean isOss(ServiceException e, Map<String, String> headers) {
        boolean named = headers.keySet().stream()
                .anyMatch(
                        name -> name.equalsIgnoreCase("x-oss-request-id") || name.equalsIgnoreCase("x-amz-request-id"));
        boolean body = e.snapshot() != null && e.snapshot().length > 0;
        return named || e.statusCode() == 404 && !body;
    }

    private Told other(Kind kind, int status, String spoken, String words) {
        if (status == 407) {
            return proxyWantsPassword();
        }
        if (status / 100 == 3) {
            return gateway(status);
        }
        return new Told(
                kind,
                switch (kind) {
                            case TRANSIENT -> "the service is temporarily unable to do it";
                            case NOT_FOUND -> "there is no such object";
                            case DENIED -> "the access key lacks the permission";
                            case EXISTS, FROZEN, CORRUPT, REFUSED -> "the service refused it";
                        }
                        + spoken
                        + (words.isEmpty() ? "" : ", saying: " + words),
                switch (kind) {
                    case TRANSIENT -> "try again later";
                    case NOT_FOUND -> "run vault check";
                    case DENIED -> "check the access key and its RAM policy";
                    case EXISTS, FROZEN, CORRUPT, REFUSED -> "check the bucket's settings";
                });
    }

    /** A gateway, not the service itself: its status says nothing about objects. */
    private Told gateway(int status) {
        return status == 407
                ? proxyWantsPassword()
                : new Told(
                        status >= 500 || status == 404 || status == 408 || status == 429
                                ? Kind.TRANSIENT
                                : Kind.REFUSED,
                        "not OSS but a proxy, gateway or sign-in page on the way to " + peer()
                                + " answered, with status " + status,
                        "check the endpoint, and whether a proxy answers instead");
    }

    /** Text from the service, reduced to what is safe to print on a terminal, in the status and in events. */
    private static String foreign(String text) {
        String plain = text.codePoints()
                .map(c -> c < ' ' ? ' ' : c)
                .filter(c -> c < 127)
                .limit(MOST_FOREIGN_CHARACTERS)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
        return plain.indexOf('<') >= 0 ? "" : plain.strip();
    }

    /** Maps an HTTP status and an OSS error code to the kind of failure that the caller handles. */
    static Kind kind(int status, @Nullable String code) {
        return switch (code == null ? "" : code) {
            case "NoSuchKey", "NoSuchUpload" -> Kind.NOT_FOUND;
            case "NoSuchBucket" -> Kind.REFUSED;
            case "FileAlreadyExists" -> Kind.EXISTS;
            case "InvalidObjectState" -> Kind.FROZEN;
            case "RequestTimeout", "BadDigest", "InvalidDigest", "RestoreAlreadyInProgress", "PartNotSequential" ->
                Kind.TRANSIENT;
            default ->
                switch (status) {
                    case 404 -> Kind.NOT_FOUND;
                    case 401, 403 -> Kind.DENIED;
                    case 408, 429 -> Kind.TRANSIENT;
                    default -> status >= 500 ? Kind.TRANSIENT : Kind.REFUSED;
                };
        };
    }
}
