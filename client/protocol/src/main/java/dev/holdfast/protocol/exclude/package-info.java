/** The language of exclude patterns, which both sides check: the appliance where a plan is entered, the client where it runs. */
package dev.holdfast.protocol.exclude;
