package io.trunkline.notification;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

import org.springframework.aot.hint.annotation.Reflective;

/**
 * Marks a method of a singleton bean that is called for notifications while the
 * application context runs.
 * <p>
 * The method returns nothing, a value that is ignored, or a
 * {@link org.reactivestreams.Publisher} that is waited for. It takes any of these
 * parameters, each at most once:
 * <ul>
 * <li>the payload: a {@link String}, or a type that it is read as from JSON;</li>
 * <li>the {@link NotificationEvent.Message};</li>
 * <li>a {@link NotificationEvent.Overflow}, {@link NotificationEvent.Reconnected} or
 * {@link NotificationEvent.PayloadLost}: the method is then called for such gaps as well,
 * with {@code null} for what the event is not;</li>
 * <li>a {@link NotificationEvent}, which is any of them.</li>
 * </ul>
 * A gap that neither the method nor its {@link #gapHandler()} takes is logged as a
 * warning.
 *
 * @since 0.1.0
 */
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Reflective(PostgresListenerReflectiveProcessor.class)
public @interface PostgresListener {

	/**
	 * The channels to listen to. Placeholders {@code ${…}} are resolved, and what they
	 * stand for is divided at commas.
	 * @return the channels' names as they are
	 */
	String[] channels() default {};

	/**
	 * A table to hear of changes of, instead of channels: its name as SQL writes it. The
	 * payload is a {@link TableChange}. It needs triggers, which are created where that
	 * is allowed, and else must be there.
	 * @return the table's name; placeholders {@code ${…}} are resolved
	 */
	String table() default "";

	/**
	 * How many calls may be under way at once. With more than one they overtake one
	 * another.
	 * @return the number of calls
	 */
	int concurrency() default 1;

	/**
	 * How many messages are held while the method is called.
	 * @return the number of messages, 0 for the bus's own buffer size
	 */
	int bufferSize() default 0;

	/**
	 * The method of the same bean that is called for gaps, with a parameter of type
	 * {@link NotificationEvent}, {@link NotificationEvent.Overflow},
	 * {@link NotificationEvent.Reconnected} or {@link NotificationEvent.PayloadLost}; or
	 * with several of the last three, all but one of them {@code null}.
	 * @return the method's name, empty for none
	 */
	String gapHandler() default "";

}
