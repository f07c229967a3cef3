package dev.holdfast.control.health;

import java.util.Collection;
import java.util.List;

/**
 * All in one sentence.
 *
 * @param machines how many there are
 * @param attention how many of them are not {@link Health#PROTECTED}
 * @param appliance how many troubles the appliance itself has
 * @param worst how the machine stands that stands worst; {@code PROTECTED} where there is none
 */
public record Verdict(int machines, int attention, int appliance, Health worst) {
    /** @param troubles all, of machines and of the appliance */
    public static Verdict of(Collection<Health> machines, List<Trouble> troubles) {
        return new Verdict(
                machines.size(),
                (int) machines.stream().filter(each -> each != Health.PROTECTED).count(),
                (int) troubles.stream().filter(each -> each.node().isEmpty()).count(),
                machines.stream().min(Health::compareTo).orElse(Health.PROTECTED));
    }
}
