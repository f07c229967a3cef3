/**
 * The appliance's log for its administrators: JSON lines in rotating files, which {@link System.Logger} writes to.
 *
 * <p>What people did is in the audit log ({@code audit}), and incidents are events ({@code db.Events}); this log is for
 * diagnosis only. Uses no other package of the appliance. Set up by the command that runs the appliance.
 */
@NullMarked
package dev.holdfast.control.log;

import org.jspecify.annotations.NullMarked;
