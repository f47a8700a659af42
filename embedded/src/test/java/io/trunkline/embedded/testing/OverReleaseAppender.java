package io.trunkline.embedded.testing;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.IThrowableProxy;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.AppenderBase;
import io.netty.util.IllegalReferenceCountException;

/**
 * Reports a buffer that was released once too often, so that {@link LeakCheckExtension}
 * can fail the test class. Reactor and Netty only log it where it happens in a hook or a
 * handler, and where such a buffer was in use again by then, its next user breaks.
 *
 * @since 0.1.0
 */
public class OverReleaseAppender extends AppenderBase<ILoggingEvent> {

	@Override
	protected void append(ILoggingEvent event) {
		for (IThrowableProxy cause = event.getThrowableProxy(); cause != null; cause = cause.getCause()) {
			if (IllegalReferenceCountException.class.getName().equals(cause.getClassName())) {
				FailingLeakDetector.report("OVER-RELEASE: " + event.getFormattedMessage() + System.lineSeparator()
						+ ThrowableProxyUtil.asString(event.getThrowableProxy()));
				return;
			}
		}
	}

}
