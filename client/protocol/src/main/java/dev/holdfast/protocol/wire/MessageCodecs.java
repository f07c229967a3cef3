package dev.holdfast.protocol.wire;

import dev.holdfast.protocol.bytes.ByteReader;
import dev.holdfast.protocol.bytes.FormatException;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Finds the codec of a message. */
final class MessageCodecs {
    static final List<MessageCodec<?>> ALL = Stream.of(
                    ConnectionCodecs.ALL, BackupCodecs.ALL, ReadCodecs.ALL, OrderCodecs.ALL)
            .<MessageCodec<?>>flatMap(List::stream)
            .toList();

    private static final Map<Class<?>, MessageCodec<?>> BY_CLASS =
            ALL.stream().collect(Collectors.toUnmodifiableMap(MessageCodec::message, Function.identity()));
    private static final @Nullable MessageCodec<?>[] BY_TYPE = new MessageCodec<?>[256];

    static {
        for (MessageCodec<?> each : ALL) {
            BY_TYPE[each.type()] = each;
        }
    }

    private MessageCodecs() {}

    static MessageCodec<?> of(Message message) {
        MessageCodec<?> codec = BY_CLASS.get(message.getClass());
        if (codec == null) {
            throw new IllegalArgumentException("no codec for " + message.getClass());
        }
        return codec;
    }

    /** Reads a message of this type, and that nothing follows it. */
    static Message read(int type, ByteReader in) throws FormatException {
        MessageCodec<?> codec = BY_TYPE[type];
        if (codec == null) {
            throw in.corrupt("message type " + type + " is unknown");
        }
        return codec.read(in);
    }
}
