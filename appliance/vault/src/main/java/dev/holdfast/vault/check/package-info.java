/**
 * Checks a vault against its own lists, hashes and seals, and repairs what is damaged. Uses the format and the
 * listing of a recovery; changes nothing on the appliance. Called by the vault check commands.
 */
@NullMarked
package dev.holdfast.vault.check;

import org.jspecify.annotations.NullMarked;
