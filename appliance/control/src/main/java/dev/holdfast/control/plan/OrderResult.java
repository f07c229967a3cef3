package dev.holdfast.control.plan;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.holdfast.protocol.phrase.Phrase;
import dev.holdfast.protocol.phrase.PhraseJson;
import dev.holdfast.protocol.wire.Message;

/**
 * What a client told at the end of an order, within limits.
 *
 * @param json the result, without the phrase of the reason
 * @param reason its phrase where this release knows it, or else its text
 */
record OrderResult(String json, Phrase reason) {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final int MAX_RESULT_CHARACTERS = 100_000;
    private static final int MAX_PHRASE_CHARACTERS = 4000;
    private static final int MAX_TEXT_CHARACTERS = 1000;
    private static final String REASON = "reason";

    static OrderResult read(Message.Ended ended) {
        Phrase plain = Phrase.plain(brief(ended.reason()));
        if (ended.result().length() > MAX_RESULT_CHARACTERS) {
            return new OrderResult("{}", plain);
        }
        JsonNode result;
        try {
            result = JSON.readTree(ended.result());
        } catch (JsonProcessingException e) {
            return new OrderResult("{}", plain);
        }
        if (result.isMissingNode()) {
            return new OrderResult("{}", plain);
        }
        if (!(result instanceof ObjectNode fields) || !fields.has(REASON)) {
            return new OrderResult(ended.result(), plain);
        }
        String phrase = fields.remove(REASON).toString();
        Phrase reason = phrase.length() > MAX_PHRASE_CHARACTERS
                ? plain
                : PhraseJson.read(phrase)
                        .filter(read -> read.english().length() <= MAX_PHRASE_CHARACTERS)
                        .orElse(plain);
        return new OrderResult(fields.toString(), reason);
    }

    private static String brief(String text) {
        return text.length() <= MAX_TEXT_CHARACTERS ? text : text.substring(0, MAX_TEXT_CHARACTERS);
    }
}
