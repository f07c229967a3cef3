/**
 * Time as people write it: schedules as cron lines in a time zone, hours of weekdays, and moments in JSON.
 *
 * <p>Everything here is immutable and takes the time as a parameter, so that tests choose it. Uses no other package of the
 * appliance. Called by plans, alerts, tables, use cases, the API and the commands.
 */
@NullMarked
package dev.holdfast.control.calendar;

import org.jspecify.annotations.NullMarked;
