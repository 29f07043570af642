// The small picture that comes with a message, as an address that needs no revoking.

/** null: there is none. Browsers look into it to see which raster format it has. */
export const pictureUrl = (picture: Uint8Array): string | null =>
	picture.length === 0 ? null : `data:image/webp;base64,${btoa(String.fromCharCode(...picture))}`;
