/**
 * The messages between client and appliance, and the frames that carry them. docs/protocol.md is normative.
 * {@link dev.holdfast.protocol.wire.Message} lists all messages, as requests and responses; a codec for each is in the family's
 * class ({@code ConnectionCodecs}, {@code BackupCodecs}, {@code ReadCodecs}, {@code OrderCodecs});
 * {@link dev.holdfast.protocol.wire.Frames} reads and writes frames.
 *
 * <p>Uses {@code bytes}, {@code chunk} and {@code manifest}. Called by the client's connection ({@code agent.remote} and its
 * users), the appliance's listener ({@code server.net}), and its dispatcher of orders ({@code control.plan}).
 */
package dev.holdfast.protocol.wire;
