// npm's postinstall: what npm has just installed needs no second installation.
import { stampInstallation } from './lib/install.mjs';

stampInstallation();
