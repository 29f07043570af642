// Which picture stands for a file, by its type and by how its name ends.
import File from '@lucide/svelte/icons/file';
import FileArchive from '@lucide/svelte/icons/file-archive';
import FileCode from '@lucide/svelte/icons/file-code';
import FileImage from '@lucide/svelte/icons/file-image';
import FileMusic from '@lucide/svelte/icons/file-music';
import FileSpreadsheet from '@lucide/svelte/icons/file-spreadsheet';
import FileText from '@lucide/svelte/icons/file-text';
import FilePlay from '@lucide/svelte/icons/file-play';

const BY_ENDING: readonly (readonly [RegExp, typeof File])[] = [
	[/\.(zip|7z|rar|gz|xz|bz2|zst|tar|tgz)$/i, FileArchive],
	[/\.(csv|tsv|ods|xlsx?|numbers)$/i, FileSpreadsheet],
	[/\.(pdf|docx?|odt|rtf|txt|md|pages|epub)$/i, FileText],
	[/\.(html?|js|ts|css|json|xml|svg|py|rs|c|cpp|h|java|sh|toml|ya?ml)$/i, FileCode],
];
const BY_KIND: Readonly<Record<string, typeof File>> = {
	image: FileImage,
	video: FilePlay,
	audio: FileMusic,
	text: FileText,
};

export const fileIcon = ({ name, type }: { name: string; type: string }): typeof File =>
	BY_ENDING.find(([ending]) => ending.test(name))?.[1] ??
	BY_KIND[type.slice(0, type.indexOf('/'))] ??
	File;
