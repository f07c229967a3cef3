package dev.holdfast.control.health;

import java.util.List;

/**
 * How a machine stands.
 *
 * @param troubles the worst first
 */
public record Standing(Health health, List<Trouble> troubles) {
    static Standing of(List<Trouble> troubles) {
        return new Standing(Health.of(troubles), troubles);
    }
}
