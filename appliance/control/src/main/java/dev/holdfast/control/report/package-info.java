/**
 * Reports by mail of how all machines stand: when they are due, what is in them, and how they read.
 *
 * <p>{@link dev.holdfast.control.report.ReportSchedule} says when, {@link dev.holdfast.control.report.Report} is the content,
 * and {@link dev.holdfast.control.report.ReportLetter} makes a mail of it, as HTML and as plain text, in the words of
 * {@link dev.holdfast.control.report.ReportWords}. The verdict is taken from the overview and not derived again.
 *
 * <p>Uses the verdict ({@code health}). Called by the use cases of reports, which collect the content and send it.
 */
@NullMarked
package dev.holdfast.control.report;

import org.jspecify.annotations.NullMarked;
