package io.trunkline.notification;

import java.util.UUID;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@link PayloadReference}.
 */
class PayloadReferenceTests {

	private final PayloadReference reference = new PayloadReference(
			UUID.fromString("00112233-4455-6677-8899-aabbccddeeff"), 8_000);

	private final String text = this.reference.format("channel");

	@Test
	void isFoundInItsText() {
		assertThat(PayloadReference.parse("channel", this.text)).isEqualTo(this.reference);
		PayloadReference other = PayloadReference.create(Integer.MAX_VALUE);
		assertThat(PayloadReference.parse("ä b\"", other.format("ä b\""))).isEqualTo(other);
	}

	@Test
	void isOfOneChannel() {
		assertThat(PayloadReference.parse("Channel", this.text)).isNull();
	}

	@Test
	void isNotWhatOnlyLooksLikeIt() {
		for (String other : new String[] { "", "trunkline:payload:", this.text + " ", " " + this.text,
				this.text.toUpperCase(), this.text.replace(":8000:", ":8001:"),
				this.text.replace("00112233", "00112234"), this.text.substring(0, this.text.length() - 1),
				this.text.replace(":8000:", ":9999999999:"), this.text.replace(":8000:", ":0:") }) {
			assertThat(PayloadReference.parse("channel", other)).as(other).isNull();
		}
	}

}
