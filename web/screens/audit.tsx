import { Page } from '../parts/page'

const Screen = () => <Page title="audit">Soon</Page>
export default Screen
