/**
 * What people and programs can ask of an appliance: one class a noun, one method an act. Every method takes the
 * {@link dev.holdfast.control.usecase.Actor} who asks, checks what he may and what was asked, acts, and writes the audit log.
 * API routes and commands only parse, call and render, so that a rule exists once. Everything that the classes need comes by
 * their constructors, from {@link dev.holdfast.control.usecase.UseCases}; the store is reached through
 * {@link dev.holdfast.control.usecase.Engine}, which differs between a running appliance and one that stands still.
 */
@NullMarked
package dev.holdfast.control.usecase;

import org.jspecify.annotations.NullMarked;
