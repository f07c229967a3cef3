package dev.holdfast.control.task;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.hardware.part.Part;
import dev.holdfast.hardware.part.PartKind;
import dev.holdfast.hardware.part.PartState;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class PartPhrasesTest {
    /** Events are closed, and absent parts forgotten, by how the English message begins. */
    @ParameterizedTest
    @EnumSource
    void englishTitleIsThatOfThePart(PartKind kind) {
        Part one = new Part(kind, "sda 1", PartState.FAILED, "");
        assertThat(PartPhrases.title(one)).hasToString(one.title());
        Part all = Part.unknown(kind, "");
        assertThat(PartPhrases.title(all)).hasToString(all.title());
    }

    @ParameterizedTest
    @EnumSource
    void englishStateIsTheStoredOne(PartState state) {
        assertThat(PartPhrases.state(state)).hasToString(state.text());
    }
}
