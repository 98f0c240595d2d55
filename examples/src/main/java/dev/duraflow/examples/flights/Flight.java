package dev.duraflow.examples.flights;

import java.time.LocalDateTime;

/**
 * One flight that took place.
 *
 * @param departure local time at the origin
 * @param delay minutes late at the destination, negative when early
 * @param miles the distance flown, in statute miles
 */
public record Flight(
    LocalDateTime departure, int delay, int miles, String origin, String destination) {}
