import Council
package import Notary

extension NodeFault: WordedError {}

extension ChainpointError: WordedError {}

extension BlockHeaderFile.Mistake: WordedError {}
