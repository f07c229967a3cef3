package dev.holdfast.control.access;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.oauth2.sdk.AuthorizationCode;
import com.nimbusds.oauth2.sdk.AuthorizationCodeGrant;
import com.nimbusds.oauth2.sdk.GeneralException;
import com.nimbusds.oauth2.sdk.ParseException;
import com.nimbusds.oauth2.sdk.ResponseType;
import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.TokenRequest;
import com.nimbusds.oauth2.sdk.TokenResponse;
import com.nimbusds.oauth2.sdk.auth.ClientSecretBasic;
import com.nimbusds.oauth2.sdk.auth.Secret;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import com.nimbusds.oauth2.sdk.http.HTTPResponse;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.id.Issuer;
import com.nimbusds.oauth2.sdk.id.State;
import com.nimbusds.oauth2.sdk.pkce.CodeChallengeMethod;
import com.nimbusds.oauth2.sdk.pkce.CodeVerifier;
import com.nimbusds.openid.connect.sdk.AuthenticationRequest;
import com.nimbusds.openid.connect.sdk.Nonce;
import com.nimbusds.openid.connect.sdk.OIDCTokenResponseParser;
import com.nimbusds.openid.connect.sdk.Prompt;
import com.nimbusds.openid.connect.sdk.claims.IDTokenClaimsSet;
import com.nimbusds.openid.connect.sdk.op.OIDCProviderMetadata;
import com.nimbusds.openid.connect.sdk.validators.IDTokenValidator;
import dev.holdfast.control.db.ControlDb;
import dev.holdfast.control.fair.AddressBlock;
import dev.holdfast.control.fair.BusyException;
import dev.holdfast.control.outgoing.Outgoing;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhrasedArgumentException;
import dev.holdfast.store.envelope.VaultKeys;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collections;
import java.util.Date;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Sign-in by an OpenID provider: the authorization code flow with PKCE, state and nonce. What the provider says of somebody
 * becomes a user here, with the role that the provider's groups give him, anew with each sign-in. Safe for use by several
 * threads.
 */
public final class Oidc {
    private static final System.Logger LOG = System.getLogger(Oidc.class.getName());
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final String SETTING = "oidc";
    private static final String SECRET = "oidc client secret";
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final int MOST_ANSWER_BYTES = 256 << 10;
    private static final Duration METADATA = Duration.ofMinutes(1);
    private static final Duration METADATA_FAILED = Duration.ofSeconds(10);
    private static final int MOST_FAILURE_CHARACTERS = 300;
    private static final long FLOW_MILLIS = 10 * 60_000L;
    private static final int MOST_FLOWS = 1000;
    /** From one block of addresses. */
    private static final int MOST_FLOWS_OF_BLOCK = 20;

    private final ControlDb control;
    private final VaultKeys keys;
    private final Map<String, Flow> flows = new LinkedHashMap<>();
    private final Outgoing http = new Outgoing(PATIENCE, MOST_ANSWER_BYTES, Outgoing.Excess.REFUSED);
    private final Object asking = new Object();
    private volatile @Nullable Known known;

    public Oidc(ControlDb control, VaultKeys keys) {
        this.control = control;
        this.keys = keys;
    }

    /**
     * Which provider, and who gets which role.
     *
     * @param issuer its URL
     * @param sealedSecret of the client, under the appliance's keys, as hex
     * @param console where browsers reach the console, as it is registered with the provider
     * @param claim of the ID token that tells the groups
     * @param roles by group; the first group in it counts
     */
    public record Provider(
            @JsonProperty(required = true) String issuer,
            @JsonProperty(required = true) String clientId,
            @JsonProperty(required = true) String sealedSecret,
            @JsonProperty(required = true) String console,
            @JsonProperty(required = true) String claim,
            @JsonProperty(required = true) LinkedHashMap<String, String> roles) {}

    /** A sign-in that is under way at the provider. */
    private record Flow(String block, Nonce nonce, CodeVerifier verifier, long began) {}

    /**
     * What the provider said of itself.
     *
     * @param metadata null where it did not
     * @param failure why not
     * @param until when it is asked again, as {@link System#nanoTime} counts
     */
    private record Known(Provider provider, @Nullable OIDCProviderMetadata metadata, String failure, long until) {}

    /** Where the browser is to go, and what shows that it is the same one when it comes back. */
    public record Begun(URI address, String state) {}

    /**
     * Who came back.
     *
     * @param login the identity of the provider's user, which never changes
     * @param provedAt when he gave his password there, ms since 1970; 0 where the provider does not say
     */
    public record Person(String name, Login.Provider login, Role role, long provedAt) {}

    /** Sets the provider; null for none. */
    public static void set(ControlDb control, VaultKeys keys, @Nullable Provider wanted, String secret)
            throws IOException {
        if (wanted == null) {
            control.settings().set(SETTING, "");
            return;
        }
        for (String url : List.of(wanted.issuer, wanted.console)) {
            if (!secure(URI.create(url))) {
                throw new PhrasedArgumentException(
                        Phrase.of("provider.no-https").with("url", url));
            }
        }
        if (wanted.roles.isEmpty()) {
            throw new PhrasedArgumentException(Phrase.of("provider.no-role"));
        }
        wanted.roles.values().forEach(Role::of);
        String sealed = HexFormat.of().formatHex(keys.sealControl(SECRET, secret.getBytes(StandardCharsets.UTF_8)));
        Provider kept =
                new Provider(wanted.issuer, wanted.clientId, sealed, wanted.console, wanted.claim, wanted.roles);
        control.settings().set(SETTING, JSON.writeValueAsString(kept));
    }

    /** Seals the provider's secret with the newest key. */
    public static void reseal(ControlDb control, VaultKeys keys) throws IOException {
        Provider kept = new Oidc(control, keys).provider().orElse(null);
        if (kept == null) {
            return;
        }
        byte[] sealed = HexFormat.of().parseHex(kept.sealedSecret);
        byte[] resealed = keys.resealControl(SECRET, sealed);
        if (resealed != null) {
            Provider anew = new Provider(
                    kept.issuer,
                    kept.clientId,
                    HexFormat.of().formatHex(resealed),
                    kept.console,
                    kept.claim,
                    kept.roles);
            control.settings().set(SETTING, JSON.writeValueAsString(anew));
        }
    }

    public Optional<Provider> provider() throws IOException {
        String set = control.settings().get(SETTING).orElse("");
        return set.isEmpty() ? Optional.empty() : Optional.of(JSON.readValue(set, Provider.class));
    }

    private Provider required() throws IOException {
        return provider().orElseThrow(() -> refused(Phrase.of("sign-in.no-provider")));
    }

    private static SignInRefusedException refused(Phrase why) {
        return new SignInRefusedException(why, false);
    }

    private static URI back(Provider provider) {
        return URI.create(provider.console.replaceAll("/+$", "") + "/api/v1/oidc/callback");
    }

    /** @param again whether the provider must ask for the password, whoever is signed in there */
    public Begun begin(boolean again, String address) throws IOException {
        Provider provider = required();
        State state = new State(32);
        Nonce nonce = new Nonce();
        CodeVerifier verifier = new CodeVerifier();
        AuthenticationRequest.Builder request = new AuthenticationRequest.Builder(
                        ResponseType.CODE,
                        new Scope("openid", "profile", "email"),
                        new ClientID(provider.clientId),
                        back(provider))
                .endpointURI(metadata(provider).getAuthorizationEndpointURI())
                .state(state)
                .nonce(nonce)
                .codeChallenge(verifier, CodeChallengeMethod.S256);
        if (again) {
            request.prompt(new Prompt(Prompt.Type.LOGIN)).maxAge(0);
        }
        long now = System.currentTimeMillis();
        synchronized (flows) {
            flows.values().removeIf(flow -> now - flow.began > FLOW_MILLIS);
            String block = AddressBlock.of(address);
            makeRoom(block);
            flows.put(state.getValue(), new Flow(block, nonce, verifier, now));
        }
        return new Begun(request.build().toURI(), state.getValue());
    }

    /** Whether nobody on the way can read and change what is exchanged with this address. */
    private static boolean secure(URI address) {
        boolean loopback = "127.0.0.1".equals(address.getHost()) || "localhost".equals(address.getHost());
        return "https".equals(address.getScheme()) || ("http".equals(address.getScheme()) && loopback);
    }

    /** Sign-ins that are begun and never ended cost their own block of addresses its oldest; in all, the block with most. */
    private void makeRoom(String block) {
        Map<String, Integer> counts = new HashMap<>();
        flows.values().forEach(flow -> counts.merge(flow.block, 1, Integer::sum));
        String from = null;
        if (counts.getOrDefault(block, 0) >= MOST_FLOWS_OF_BLOCK) {
            from = block;
        } else if (flows.size() >= MOST_FLOWS) {
            from = Collections.max(counts.entrySet(), Map.Entry.comparingByValue())
                    .getKey();
        }
        for (Map.Entry<String, Flow> each : flows.entrySet()) {
            if (each.getValue().block.equals(from)) {
                flows.remove(each.getKey());
                return;
            }
        }
    }

    /** Asked by one caller at a time, and not again for a while after it failed: strangers order it. */
    private OIDCProviderMetadata metadata(Provider provider) throws IOException {
        Known before = fresh(provider);
        if (before == null) {
            synchronized (asking) {
                before = fresh(provider);
                if (before == null) {
                    before = ask(provider);
                    known = before;
                }
            }
        }
        if (before.metadata == null) {
            BusyException failed = new BusyException(
                    Phrase.of("sign-in.provider-silent").with("seconds", METADATA_FAILED.toSeconds()));
            failed.initCause(new IOException(before.failure));
            throw failed;
        }
        return before.metadata;
    }

    private @Nullable Known fresh(Provider provider) {
        Known before = known;
        return before != null && before.provider.equals(provider) && System.nanoTime() - before.until < 0
                ? before
                : null;
    }

    private Known ask(Provider provider) {
        try {
            OIDCProviderMetadata found = fetch(provider);
            return new Known(provider, found, "", System.nanoTime() + METADATA.toNanos());
        } catch (IOException | GeneralException | RuntimeException e) {
            String why = String.valueOf(e.getMessage());
            why = why.substring(0, Math.min(why.length(), MOST_FAILURE_CHARACTERS));
            LOG.log(System.Logger.Level.WARNING, "the OpenID provider does not answer as one: " + why);
            return new Known(provider, null, why, System.nanoTime() + METADATA_FAILED.toNanos());
        }
    }

    private OIDCProviderMetadata fetch(Provider provider) throws IOException, GeneralException {
        Issuer issuer = new Issuer(provider.issuer);
        OIDCProviderMetadata found = OIDCProviderMetadata.parse(
                get(URI.create(OIDCProviderMetadata.resolveURL(issuer).toString())));
        if (!found.getIssuer().equals(issuer)) {
            throw new GeneralException("it calls itself " + found.getIssuer());
        }
        for (URI endpoint :
                new URI[] {found.getAuthorizationEndpointURI(), found.getTokenEndpointURI(), found.getJWKSetURI()}) {
            if (endpoint == null || !secure(endpoint)) {
                throw new IOException("the OpenID provider names '" + endpoint
                        + "' as an endpoint; the client secret and tokens go to https: addresses only");
            }
        }
        return found;
    }

    private String get(URI address) throws IOException {
        Outgoing.Answer answer = http.send(HttpRequest.newBuilder(address).GET());
        if (answer.status() != 200) {
            throw new IOException("the OpenID provider answered " + answer.status() + " at " + address);
        }
        return answer.body();
    }

    /** What the library asks for, sent with our own limits. */
    private HTTPResponse send(HTTPRequest request) throws IOException, GeneralException {
        HttpRequest.Builder wanted = HttpRequest.newBuilder(request.getURI())
                .POST(HttpRequest.BodyPublishers.ofString(Objects.requireNonNullElse(request.getBody(), "")));
        request.getHeaderMap().forEach((name, values) -> values.forEach(value -> wanted.header(name, value)));
        Outgoing.Answer answer = http.send(wanted);
        HTTPResponse response = new HTTPResponse(answer.status());
        if (!answer.contentType().isEmpty()) {
            response.setContentType(answer.contentType());
        }
        response.setBody(answer.body());
        return response;
    }

    /**
     * Somebody came back from the provider with a code.
     *
     * @throws SignInRefusedException where it is none of ours, or he has no role here
     */
    public Person end(String state, String code) throws IOException {
        Flow flow;
        synchronized (flows) {
            flow = flows.remove(state);
        }
        if (flow == null || System.currentTimeMillis() - flow.began > FLOW_MILLIS) {
            throw refused(Phrase.of("sign-in.not-begun"));
        }
        Provider provider = required();
        try {
            OIDCProviderMetadata metadata = metadata(provider);
            ClientID client = new ClientID(provider.clientId);
            String secret = new String(
                    keys.openControl(SECRET, HexFormat.of().parseHex(provider.sealedSecret)), StandardCharsets.UTF_8);
            HTTPRequest request = new TokenRequest.Builder(
                            metadata.getTokenEndpointURI(),
                            new ClientSecretBasic(client, new Secret(secret)),
                            new AuthorizationCodeGrant(new AuthorizationCode(code), back(provider), flow.verifier))
                    .build()
                    .toHTTPRequest();
            TokenResponse response = OIDCTokenResponseParser.parse(send(request));
            if (!response.indicatesSuccess()) {
                throw refused(Phrase.of("sign-in.provider-refused"));
            }
            var token = response.toSuccessResponse().getTokens().toOIDCTokens().getIDToken();
            JWSAlgorithm algorithm =
                    JWSAlgorithm.parse(token.getHeader().getAlgorithm().getName());
            if (!JWSAlgorithm.Family.SIGNATURE.contains(algorithm)) {
                throw refused(Phrase.of("sign-in.provider-algorithm").with("algorithm", algorithm.getName()));
            }
            IDTokenClaimsSet claims = new IDTokenValidator(
                            metadata.getIssuer(), client, algorithm, JWKSet.parse(get(metadata.getJWKSetURI())))
                    .validate(token, flow.nonce);
            return person(provider, claims);
        } catch (ParseException
                | java.text.ParseException
                | com.nimbusds.jose.proc.BadJOSEException
                | com.nimbusds.jose.JOSEException e) {
            throw refused(Phrase.of("sign-in.provider-wrong").with("reason", e));
        } catch (GeneralException e) {
            throw new IOException("the OpenID provider does not answer as one: " + e.getMessage(), e);
        }
    }

    private static Person person(Provider provider, IDTokenClaimsSet claims) throws IOException {
        String subject = claims.getSubject().getValue();
        String told = claims.getStringClaim("preferred_username");
        String name = told == null ? claims.getStringClaim("email") : told;
        String safe = (name == null ? subject : name).replaceAll("[^A-Za-z0-9._@-]", "_");
        List<String> groups = claims.getStringListClaim(provider.claim);
        for (Map.Entry<String, String> each : provider.roles.entrySet()) {
            if (groups != null && groups.contains(each.getKey())) {
                Date authenticated = claims.getAuthenticationTime();
                return new Person(
                        // Never the name of somebody who has a password here.
                        "sso." + safe.substring(0, Math.min(58, safe.length())),
                        new Login.Provider(provider.issuer, subject),
                        Role.of(each.getValue()),
                        authenticated == null ? 0 : authenticated.toInstant().toEpochMilli());
            }
        }
        throw refused(Phrase.of("sign-in.no-role"));
    }
}
