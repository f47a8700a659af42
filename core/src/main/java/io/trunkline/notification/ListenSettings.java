package io.trunkline.notification;

import java.time.Duration;

/**
 * How the connection is looked after.
 *
 * @param keepAlive the time between two looks at it
 * @param answerTimeout how long the server may be silent when it was asked something
 * @param backoff the pauses between attempts to open it
 * @param verify whether to try that notifications arrive
 */
record ListenSettings(Duration keepAlive, Duration answerTimeout, Backoff backoff, boolean verify) {

}
