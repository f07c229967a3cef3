package dev.holdfast.control.setup;

/** What is set up once there is an appliance, in this order. */
public enum SetupStep {
    ADMINISTRATOR,
    VAULT,
    ALERTS,
    PLAN
}
